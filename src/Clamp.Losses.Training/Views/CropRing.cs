namespace Clamp.Losses.Training;

/// <summary>
/// The few buffers that the crops of an epoch's batches go through in turn. The ring owns them from the first batch to its disposal; a
/// batch has one from <see cref="Next"/> until as many others have been asked for as there are buffers. So nobody may work on a batch
/// when the ring is disposed, and one that failed or was cancelled needs no care: its buffer's turn comes again.
/// </summary>
/// <param name="count">How many buffers, at least 1: as many as batches are worked on or used at once.</param>
internal sealed class CropRing(int count) : IDisposable
{
    private readonly PixelBuffer?[] _buffers = new PixelBuffer?[count];
    private int _next;

    /// <summary>The next batch's buffer, made anew where the last one's is too small; for one thread.</summary>
    /// <param name="bytes">How many are needed.</param>
    public PixelBuffer Next(long bytes)
    {
        ref var buffer = ref _buffers[_next];
        _next = (_next + 1) % _buffers.Length;
        if (buffer is null || buffer.Pixels.numel() < bytes)
        {
            buffer?.Pixels.Dispose();
            buffer = new PixelBuffer(bytes);
            buffer.Pixels.DetachFromDisposeScope();
        }

        return buffer;
    }

    /// <summary>Frees the buffers.</summary>
    public void Dispose()
    {
        foreach (var buffer in _buffers)
        {
            buffer?.Pixels.Dispose();
        }
    }
}
