using System.Runtime.ExceptionServices;
using TorchSharp;

namespace Clamp.Losses.Packing;

/// <summary>Keeps one <see cref="FusedPacking"/> from step to step; a second thread at the same time gets one of its own.</summary>
/// <param name="options">The options of all.</param>
internal sealed class FusedPackingPool(ClampLossOptions options) : IDisposable
{
    private FusedPacking? _idle;
    private ExceptionDispatchInfo? _failure;
    private torch.Tensor? _held;

    /// <summary>The options of all.</summary>
    public ClampLossOptions Options => options;

    /// <summary>What went wrong in a backward pass, where nothing may be thrown; thrown by the next <see cref="Use{T}"/>.</summary>
    public ExceptionDispatchInfo Failure
    {
        set => Volatile.Write(ref _failure, value);
    }

    /// <summary>Keeps a tensor that native code is about to take, but has not taken yet.</summary>
    /// <param name="tensor">The tensor.</param>
    public torch.Tensor HoldUntilNextUse(torch.Tensor tensor)
    {
        Interlocked.Exchange(ref _held, tensor.DetachFromDisposeScope())?.Dispose();
        return tensor;
    }

    /// <summary>Lends one that nobody else uses meanwhile.</summary>
    /// <typeparam name="T">The result.</typeparam>
    /// <param name="work">What to do with it.</param>
    public T Use<T>(Func<FusedPacking, T> work)
    {
        Interlocked.Exchange(ref _failure, null)?.Throw();
        Interlocked.Exchange(ref _held, null)?.Dispose();
        var packing = Interlocked.Exchange(ref _idle, null) ?? new FusedPacking(options);
        try
        {
            return work(packing);
        }
        finally
        {
            Interlocked.Exchange(ref _idle, packing)?.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Interlocked.Exchange(ref _idle, null)?.Dispose();
        Interlocked.Exchange(ref _held, null)?.Dispose();
    }
}
