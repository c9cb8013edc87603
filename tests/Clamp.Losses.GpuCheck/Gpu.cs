using Clamp.Losses.Packing;
using Clamp.Losses.Packing.Cuda;
using Clamp.Losses.Packing.Cuda.Driver;

namespace Clamp.Losses.GpuCheck;

/// <summary>A GPU with the library's kernels, memory and matrix products. Its context is this thread's until it is disposed.</summary>
internal sealed class Gpu : IDisposable
{
    private readonly CudaDriver _driver;
    private readonly int _device;

    /// <summary>Opens a GPU.</summary>
    /// <param name="libraries">The CUDA libraries.</param>
    /// <param name="ordinal">Its number.</param>
    /// <exception cref="InvalidOperationException">Driver, NVRTC or the GPU is missing, or does not start.</exception>
    public Gpu(GpuLibraries libraries, int ordinal)
    {
        _driver = new CudaDriver(libraries.Driver);
        var compiler = new KernelCompiler(new Nvrtc(libraries.Nvrtc), libraries.Cache);
        Driver = new GpuDriver(libraries.Driver, _driver);
        Kernels = new CudaDevice(_driver, compiler, libraries.Cublas, ordinal);
        _device = _driver.Device(ordinal);
        _driver.PushContext(_driver.RetainPrimaryContext(_device));
        var capability = _driver.ComputeCapability(_device);
        Name = $"{Driver.NameOf(_device)}, compute capability {capability / 10}.{capability % 10}";
        try
        {
            Product = Kernels.Product;
        }
        catch (InvalidOperationException exception)
        {
            WithoutCublas = exception.Message;
            Product = PlainProduct(compiler, capability);
        }
    }

    /// <summary>The GPU's name and compute capability.</summary>
    public string Name { get; }

    /// <summary>Memory and time.</summary>
    public GpuDriver Driver { get; }

    /// <summary>The library's kernels.</summary>
    public CudaDevice Kernels { get; }

    /// <summary>Who multiplies matrices: cuBLAS, as in the library, or else a plain kernel.</summary>
    public IMatrixProduct Product { get; }

    /// <summary>Why cuBLAS does not multiply; null when it does.</summary>
    public string? WithoutCublas { get; }

    /// <summary>Closes the GPU. One on which a kernel has failed refuses even that, so nothing is thrown here.</summary>
    public void Dispose()
    {
        Kernels.Dispose();
        try
        {
            _driver.PopContext();
            _driver.ReleasePrimaryContext(_device);
        }
        catch (InvalidOperationException)
        {
            // What failed before is what matters.
        }
    }

    private KernelProduct PlainProduct(KernelCompiler compiler, int capability)
    {
        var module = _driver.LoadModule(compiler.Compile(KernelProduct.Source, "ELEMENT_FLOAT32", capability));
        return new KernelProduct(Kernels, _driver.Function(module, "multiply"));
    }
}
