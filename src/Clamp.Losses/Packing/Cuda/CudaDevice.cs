using Clamp.Losses.Packing.Cuda.Driver;

namespace Clamp.Losses.Packing.Cuda;

/// <summary>
/// One GPU, in the context that libtorch uses, with its kernels and matrix products: loaded when first asked for. Threads may share it.
/// </summary>
internal sealed unsafe class CudaDevice : IDisposable
{
    private readonly CudaDriver _driver;
    private readonly KernelCompiler _compiler;
    private readonly Func<NativeLibraryFile> _cublas;
    private readonly int _device;
    private readonly nint _context;
    private readonly Dictionary<(string File, string Element), nint> _modules = [];
    private readonly ElementKernels?[] _elements = new ElementKernels?[3];
    private PairKernels? _pairs;
    private SplitKernels? _split;
    private CublasProduct? _product;

    /// <summary>Opens a device.</summary>
    /// <param name="driver">The driver.</param>
    /// <param name="compiler">Compiles the kernels.</param>
    /// <param name="cublas">Finds cuBLAS.</param>
    /// <param name="ordinal">Its number, the one libtorch uses.</param>
    /// <exception cref="InvalidOperationException">The driver cannot.</exception>
    public CudaDevice(CudaDriver driver, KernelCompiler compiler, Func<NativeLibraryFile> cublas, int ordinal)
    {
        (_driver, _compiler, _cublas) = (driver, compiler, cublas);
        _device = driver.Device(ordinal);
        ComputeCapability = driver.ComputeCapability(_device);
        _context = driver.RetainPrimaryContext(_device);
        Multiprocessors = driver.Multiprocessors(_device);
    }

    /// <summary>10 * major + minor.</summary>
    public int ComputeCapability { get; }

    /// <summary>How many multiprocessors it has.</summary>
    public int Multiprocessors { get; }

    /// <summary>The kernels between centroids.</summary>
    /// <exception cref="InvalidOperationException">They cannot be compiled or loaded.</exception>
    public PairKernels Pairs => _pairs ?? Once(ref _pairs, () => new PairKernels(this));

    /// <summary>The kernels of split products.</summary>
    /// <exception cref="InvalidOperationException">They cannot be compiled or loaded.</exception>
    public SplitKernels Split => _split ?? Once(ref _split, () => new SplitKernels(this));

    /// <summary>The kernels that read or write embeddings.</summary>
    /// <param name="element">Their type.</param>
    /// <exception cref="InvalidOperationException">They cannot be compiled or loaded.</exception>
    public ElementKernels Elements(ElementType element) => element switch
    {
        ElementType.Float32 => _elements[0] ?? Once(ref _elements[0], () => new ElementKernels(this, "ELEMENT_FLOAT32")),
        ElementType.Float16 => _elements[1] ?? Once(ref _elements[1], () => new ElementKernels(this, "ELEMENT_FLOAT16")),
        _ => _elements[2] ?? Once(ref _elements[2], () => new ElementKernels(this, "ELEMENT_BFLOAT16")),
    };

    /// <summary>The matrix products.</summary>
    /// <exception cref="InvalidOperationException">cuBLAS is missing, where the message says where it looked, or does not start.</exception>
    public CublasProduct Product => _product ?? Once(ref _product, () => new CublasProduct(_cublas(), _driver, _context));

    /// <summary>Loads all that embeddings of a type need.</summary>
    /// <param name="element">Their type.</param>
    /// <param name="splitProducts">See <see cref="ClampLossOptions.SplitProducts"/>.</param>
    /// <exception cref="InvalidOperationException">Something cannot be compiled or loaded.</exception>
    public void Prepare(ElementType element, bool splitProducts) =>
        _ = (Elements(element), Pairs, Product, splitProducts ? Split : null);

    /// <summary>A kernel of a file, which is compiled unless it is loaded, and stays until the device is disposed.</summary>
    /// <param name="file">The file.</param>
    /// <param name="element">The define that selects the element type.</param>
    /// <param name="name">The kernel's name.</param>
    /// <exception cref="InvalidOperationException">It cannot be compiled or loaded.</exception>
    public nint Load(string file, string element, string name)
    {
        using var current = new CurrentContext(_driver, _context);
        if (!_modules.TryGetValue((file, element), out var module))
        {
            var source = KernelSource.Embedded(file, KernelConstants.Definitions);
            module = _driver.LoadModule(_compiler.Compile(source, element, ComputeCapability));
            _modules.Add((file, element), module);
        }

        return _driver.Function(module, name);
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

    /// <summary>
    /// Unloads the kernels when they have finished. A device on which one has failed refuses even that, so nothing is thrown here.
    /// </summary>
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
        _driver.Synchronize();
        _product?.Dispose();
        foreach (var module in _modules.Values)
        {
            _driver.UnloadModule(module);
        }

        _modules.Clear();
    }

    /// <summary>Loads what is not loaded yet, one thread at a time. A load that failed is tried again by whoever asks next.</summary>
    private T Once<T>(ref T? loaded, Func<T> load)
        where T : class
    {
        lock (_modules)
        {
            return loaded ??= load();
        }
    }
}
