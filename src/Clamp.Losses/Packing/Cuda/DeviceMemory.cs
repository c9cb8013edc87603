using System.Runtime.InteropServices;
using TorchSharp;

namespace Clamp.Losses.Packing.Cuda;

/// <summary>The memory behind a tensor on any device.</summary>
internal static partial class DeviceMemory
{
    /// <summary>The address of a tensor's first element on its device, valid for as long as the tensor lives.</summary>
    /// <param name="tensor">A tensor.</param>
    public static nint Of(torch.Tensor tensor)
    {
        // TorchSharp's own ways to this address copy a CUDA tensor to the CPU, or know neither offsets nor 16-bit floats.
        var address = THSTensor_data(tensor.Handle);
        GC.KeepAlive(tensor);
        return address;
    }

    [LibraryImport("LibTorchSharp")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static partial nint THSTensor_data(nint tensor);
}
