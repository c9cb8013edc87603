namespace Clamp.Losses.Packing.Cuda;

/// <summary>
/// One GPU, in the context that libtorch uses, with its kernels: compiled and loaded when first asked for. Threads may share it.
/// </summary>
internal sealed unsafe class CudaDevice : IDisposable
{
    private readonly CudaDriver _driver;
    private readonly KernelCompiler _compiler;
    private readonly int _device;
    private readonly int _computeCapability;
    private readonly nint _context;
    private readonly List<nint> _modules = [];
    private readonly Lazy<ElementKernels> _float32;
    private readonly Lazy<ElementKernels> _float16;
    private readonly Lazy<ElementKernels> _bfloat16;
    private readonly Lazy<PairKernels> _pairs;

    /// <summary>Opens a device.</summary>
    /// <param name="driver">The driver.</param>
    /// <param name="compiler">Compiles the kernels.</param>
    /// <param name="ordinal">Its number, the one libtorch uses.</param>
    /// <exception cref="InvalidOperationException">The driver cannot.</exception>
    public CudaDevice(CudaDriver driver, KernelCompiler compiler, int ordinal)
    {
        (_driver, _compiler) = (driver, compiler);
        _device = driver.Device(ordinal);
        _computeCapability = driver.ComputeCapability(_device);
        _context = driver.RetainPrimaryContext(_device);
        Multiprocessors = driver.Multiprocessors(_device);
        _float32 = new Lazy<ElementKernels>(() => new ElementKernels(this, "ELEMENT_FLOAT32"));
        _float16 = new Lazy<ElementKernels>(() => new ElementKernels(this, "ELEMENT_FLOAT16"));
        _bfloat16 = new Lazy<ElementKernels>(() => new ElementKernels(this, "ELEMENT_BFLOAT16"));
        _pairs = new Lazy<PairKernels>(() => new PairKernels(this));
    }

    /// <summary>How many multiprocessors it has.</summary>
    public int Multiprocessors { get; }

    /// <summary>The kernels between centroids.</summary>
    /// <exception cref="InvalidOperationException">They cannot be compiled or loaded.</exception>
    public PairKernels Pairs => _pairs.Value;

    /// <summary>The kernels that read or write embeddings.</summary>
    /// <param name="element">Their dtype: float32, float16 or bfloat16.</param>
    /// <exception cref="InvalidOperationException">They cannot be compiled or loaded.</exception>
    public ElementKernels Elements(ElementType element) => element switch
    {
        ElementType.Float32 => _float32.Value,
        ElementType.Float16 => _float16.Value,
        _ => _bfloat16.Value,
    };

    /// <summary>Compiles and loads what embeddings of a dtype need.</summary>
    /// <param name="element">Their dtype: float32, float16 or bfloat16.</param>
    /// <exception cref="InvalidOperationException">Something cannot be compiled or loaded.</exception>
    public void Prepare(ElementType element) => _ = (Elements(element), Pairs);

    /// <summary>Compiles a file and loads its kernels, which stay until the device is disposed.</summary>
    /// <param name="file">The file.</param>
    /// <param name="element">The define that selects the element type.</param>
    /// <param name="names">The kernels' names.</param>
    /// <returns>The kernels, in the order of their names.</returns>
    /// <exception cref="InvalidOperationException">They cannot be compiled or loaded.</exception>
    public nint[] Load(string file, string element, params ReadOnlySpan<string> names)
    {
        var image = _compiler.Compile(KernelSource.Embedded(file), element, _computeCapability);
        using var current = new CurrentContext(_driver, _context);
        var module = _driver.LoadModule(image);
        lock (_modules)
        {
            _modules.Add(module);
        }

        var kernels = new nint[names.Length];
        for (int i = 0; i < kernels.Length; i++)
        {
            kernels[i] = _driver.Function(module, names[i]);
        }

        return kernels;
    }

    /// <summary>Queues a kernel behind what libtorch has queued on this device.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="grid">How many blocks, at least 1 either way.</param>
    /// <param name="block">How many threads in each.</param>
    /// <param name="arguments">What it takes.</param>
    /// <exception cref="InvalidOperationException">The driver refuses, or an earlier kernel has failed.</exception>
    public void Launch(
        nint kernel, (long X, long Y) grid, (int X, int Y) block, params ReadOnlySpan<KernelArgument> arguments)
    {
        fixed (KernelArgument* first = arguments)
        {
            var addresses = stackalloc void*[arguments.Length];
            for (int i = 0; i < arguments.Length; i++)
            {
                addresses[i] = first + i;
            }

            using var current = new CurrentContext(_driver, _context);
            _driver.Launch(kernel, grid, block, addresses);
        }
    }

    /// <summary>Unloads the kernels. A device on which a kernel has failed refuses even that, so nothing is thrown here.</summary>
    public void Dispose()
    {
        try
        {
            Unload();
            _driver.ReleasePrimaryContext(_device);
        }
        catch (InvalidOperationException)
        {
            // The process can do nothing more with this device.
        }
    }

    private void Unload()
    {
        using var current = new CurrentContext(_driver, _context);
        _modules.ForEach(_driver.UnloadModule);
        _modules.Clear();
    }
}
