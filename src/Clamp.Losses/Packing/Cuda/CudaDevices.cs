using Clamp.Losses.Packing.Cuda.Driver;

namespace Clamp.Losses.Packing.Cuda;

/// <summary>
/// The GPUs of the machine, each opened when first asked for; the libraries are looked for then. What failed is tried again when it is
/// asked for again.
/// </summary>
/// <param name="driver">Finds the driver.</param>
/// <param name="nvrtc">Finds NVRTC.</param>
/// <param name="cublas">Finds cuBLAS.</param>
/// <param name="cache">What was compiled before.</param>
internal sealed class CudaDevices(
    Func<NativeLibraryFile> driver, Func<NativeLibraryFile> nvrtc, Func<NativeLibraryFile> cublas, KernelCache cache)
{
    private readonly Dictionary<int, CudaDevice> _open = [];
    private CudaDriver? _driver;
    private KernelCompiler? _compiler;

    /// <summary>Those that libtorch uses. All modules of the process share them, and the kernels loaded on them.</summary>
    public static CudaDevices OfProcess { get; } = new(
        CudaLibraries.Driver, CudaLibraries.Nvrtc, CudaLibraries.Cublas, KernelCache.OfUser());

    /// <summary>A GPU.</summary>
    /// <param name="ordinal">Its number, the one libtorch uses.</param>
    /// <exception cref="InvalidOperationException">The driver, NVRTC or the GPU is missing; the message says where it looked.</exception>
    public CudaDevice this[int ordinal]
    {
        get
        {
            lock (_open)
            {
                if (!_open.TryGetValue(ordinal, out var device))
                {
                    _driver ??= new CudaDriver(driver());
                    _compiler ??= new KernelCompiler(new Nvrtc(nvrtc()), cache);
                    device = new CudaDevice(_driver, _compiler, cublas, ordinal);
                    _open.Add(ordinal, device);
                }

                return device;
            }
        }
    }
}
