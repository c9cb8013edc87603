using static TorchSharp.torch;

namespace Clamp.Losses.Packing.Cuda;

/// <summary>Device memory for intermediate numbers, kept and grown between steps; zero when new.</summary>
/// <param name="dtype">The kind of number.</param>
/// <param name="device">Where.</param>
internal sealed class DeviceScratch(ScalarType dtype, Device device) : IDisposable
{
    private Tensor? _memory;

    /// <summary>Memory for at least so many numbers: the same as before, contents and all, unless it has to grow.</summary>
    /// <param name="count">How many.</param>
    public Tensor Rent(long count)
    {
        if (_memory is null || _memory.numel() < count)
        {
            Dispose();
            _memory = zeros([count], dtype, device).DetachFromDisposeScope();
        }

        return _memory;
    }

    /// <inheritdoc/>
    public void Dispose() => _memory?.Dispose();
}
