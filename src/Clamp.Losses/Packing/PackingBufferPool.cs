using TorchSharp;

namespace Clamp.Losses.Packing;

/// <summary>
/// Lends <see cref="PackingBuffers"/> to one caller at a time and keeps a few between steps, so that threads at once, and shapes in
/// turn (the last batch of an epoch, validation), allocate nothing new.
/// </summary>
internal sealed class PackingBufferPool : IDisposable
{
    private const int MostIdle = 4;

    private readonly List<(BufferKey Key, PackingBuffers Buffers)> _idle = [];
    private bool _disposed;

    /// <summary>Works with buffers that nobody else uses meanwhile. After an exception they are given up, since nobody knows their state.</summary>
    /// <param name="kernels">Who will use them.</param>
    /// <param name="device">Where.</param>
    /// <param name="shape">V, B and D.</param>
    /// <param name="work">What to do with them.</param>
    /// <exception cref="ObjectDisposedException">The pool has been disposed.</exception>
    public void Use(IPackingKernels kernels, torch.Device device, BatchShape shape, Action<BatchMemory> work)
    {
        var key = new BufferKey(device.type, device.index, shape, kernels.Workers);
        var buffers = TakeIdle(key) ?? new PackingBuffers(kernels, device, shape, key.Workers);
        try
        {
            work(buffers.Batch);
        }
        catch
        {
            buffers.Dispose();
            throw;
        }

        Keep(key, buffers);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_idle)
        {
            _disposed = true;
            _idle.ForEach(kept => kept.Buffers.Dispose());
            _idle.Clear();
        }
    }

    private PackingBuffers? TakeIdle(BufferKey key)
    {
        lock (_idle)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var place = _idle.FindLastIndex(kept => kept.Key == key);
            if (place < 0)
            {
                return null;
            }

            var buffers = _idle[place].Buffers;
            _idle.RemoveAt(place);
            return buffers;
        }
    }

    /// <summary>The last used stays longest.</summary>
    private void Keep(BufferKey key, PackingBuffers buffers)
    {
        lock (_idle)
        {
            _idle.Add((key, buffers));
            while (_idle.Count > (_disposed ? 0 : MostIdle))
            {
                _idle[0].Buffers.Dispose();
                _idle.RemoveAt(0);
            }
        }
    }

    private readonly record struct BufferKey(DeviceType Device, int Index, BatchShape Shape, int Workers);
}
