namespace Clamp.Losses.Packing.Cuda.Driver;

/// <summary>A context that is this thread's until disposed; the thread then has the one it had before.</summary>
internal readonly ref struct CurrentContext
{
    private readonly CudaDriver _driver;

    /// <summary>Makes a context this thread's.</summary>
    /// <param name="driver">The driver.</param>
    /// <param name="context">The context.</param>
    public CurrentContext(CudaDriver driver, nint context)
    {
        _driver = driver;
        driver.PushContext(context);
    }

    /// <summary>Gives the thread its own back.</summary>
    public void Dispose() => _driver.PopContext();
}
