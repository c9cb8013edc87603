using System.Runtime.InteropServices;
using TorchSharp;

namespace Clamp.Losses.Packing;

/// <summary>The memory behind a tensor on any device.</summary>
internal static unsafe partial class TensorMemory
{
    /// <summary>The address of a tensor's first element on its device, valid for as long as the tensor lives.</summary>
    /// <param name="tensor">A tensor of any strides.</param>
    public static void* Of(torch.Tensor tensor)
    {
        // TorchSharp's public ways to this address copy a CUDA tensor, refuse more than 2 GB or strides, or forget the offset.
        var address = THSTensor_data(tensor.Handle);
        GC.KeepAlive(tensor);
        return address;
    }

    [LibraryImport("LibTorchSharp")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static partial void* THSTensor_data(nint tensor);
}
