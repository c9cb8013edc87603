using Clamp.Losses.Packing.Cuda.Driver;

namespace Clamp.Losses.GpuCheck;

/// <summary>The CUDA libraries of a machine.</summary>
/// <param name="Driver">The driver.</param>
/// <param name="Nvrtc">The compiler.</param>
/// <param name="Cublas">Finds cuBLAS, which may be missing.</param>
/// <param name="Cache">What was compiled before.</param>
internal sealed record GpuLibraries(NativeLibraryFile Driver, NativeLibraryFile Nvrtc, Func<NativeLibraryFile> Cublas, KernelCache Cache)
{
    /// <summary>Those of this machine.</summary>
    /// <exception cref="InvalidOperationException">Driver or NVRTC is missing; the message says where it looked.</exception>
    public static GpuLibraries OfMachine() =>
        new(CudaLibraries.Driver(), CudaLibraries.Nvrtc(), CudaLibraries.Cublas, KernelCache.OfUser());
}
