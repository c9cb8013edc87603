using System.Runtime.InteropServices;
using TorchSharp;

namespace Clamp.Losses.Packing.Cpu;

/// <summary>The functions that libtorch's Linux packages export of the OpenMP and the BLAS that they run on.</summary>
internal static class TorchLibrary
{
    private static readonly nint Handle = Find();

    /// <summary>The address of a function, or 0 where there is none.</summary>
    /// <param name="name">Its exported name.</param>
    public static nint Function(string name) => Handle != 0 && NativeLibrary.TryGetExport(Handle, name, out var address) ? address : 0;

    private static nint Find()
    {
        // TorchSharp loads libtorch: a second thread that loaded it by name at the same moment would meet it half initialised.
        _ = torch.get_num_threads();

        // A library's handle also finds the symbols of what it depends on.
        return OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libtorch_cpu.so", out var library) ? library : 0;
    }
}
