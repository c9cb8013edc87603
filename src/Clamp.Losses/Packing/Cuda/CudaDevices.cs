namespace Clamp.Losses.Packing.Cuda;

/// <summary>The GPUs of the machine, each opened when first asked for; driver and compiler are looked for then.</summary>
/// <param name="driver">Where the driver may be.</param>
/// <param name="nvrtc">Where NVRTC may be.</param>
/// <param name="cache">What was compiled before.</param>
internal sealed class CudaDevices(Func<IReadOnlyList<string>> driver, Func<IReadOnlyList<string>> nvrtc, KernelCache cache) : IDisposable
{
    private readonly Dictionary<int, CudaDevice> _open = [];
    private readonly Dictionary<int, CublasProduct> _products = [];
    private readonly Lazy<CudaDriver> _driver = new(() => new CudaDriver(NativeLibraryFile.FirstOf("The CUDA driver", driver())));
    private readonly Lazy<KernelCompiler> _compiler = new(() => new KernelCompiler(
        new Nvrtc(NativeLibraryFile.FirstOf("NVRTC, the CUDA compiler,", nvrtc())), cache));

    /// <summary>Those that libtorch uses.</summary>
    public CudaDevices()
        : this(() => NativeLibraryNames.Driver, () => NativeLibraryNames.Nvrtc, KernelCache.OfUser())
    {
    }

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
                    device = new CudaDevice(_driver.Value, _compiler.Value, ordinal);
                    _open.Add(ordinal, device);
                }

                return device;
            }
        }
    }

    /// <summary>The matrix products of a GPU.</summary>
    /// <param name="ordinal">Its number, the one libtorch uses.</param>
    /// <exception cref="InvalidOperationException">cuBLAS is missing; the message says where it looked.</exception>
    public IMatrixProduct Product(int ordinal)
    {
        lock (_open)
        {
            if (!_products.TryGetValue(ordinal, out var product))
            {
                product = new CublasProduct(NativeLibraryFile.FirstOf("cuBLAS", CublasProduct.Names));
                _products.Add(ordinal, product);
            }

            return product;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_open)
        {
            foreach (var product in _products.Values)
            {
                product.Dispose();
            }

            _products.Clear();
            foreach (var device in _open.Values)
            {
                device.Dispose();
            }

            _open.Clear();
        }
    }
}
