using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using TorchSharp;

namespace Clamp.Losses.Packing;

/// <summary>
/// Keeps one <see cref="FusedPacking"/> per device from step to step; a second thread at the same time gets one of its own.
/// </summary>
/// <param name="options">The options of all.</param>
/// <param name="kernels">Gives each its kernels, by device.</param>
internal sealed class FusedPackingPool(ClampLossOptions options, Func<torch.Device, IPackingKernels> kernels) : IDisposable
{
    private readonly ConcurrentDictionary<(DeviceType Type, int Index), FusedPacking> _idle = new();
    private ExceptionDispatchInfo? _failure;
    private torch.Tensor? _held;

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
    /// <param name="device">Where the embeddings lie.</param>
    /// <param name="work">What to do with it.</param>
    public T Use<T>(torch.Device device, Func<FusedPacking, T> work)
    {
        Interlocked.Exchange(ref _failure, null)?.Throw();
        Interlocked.Exchange(ref _held, null)?.Dispose();
        var key = (device.type, device.index);
        var packing = _idle.TryRemove(key, out var idle) ? idle : new FusedPacking(options, kernels(device));
        try
        {
            return work(packing);
        }
        finally
        {
            if (!_idle.TryAdd(key, packing))
            {
                packing.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var key in _idle.Keys)
        {
            _idle.TryRemove(key, out var packing);
            packing?.Dispose();
        }

        Interlocked.Exchange(ref _held, null)?.Dispose();
    }
}
