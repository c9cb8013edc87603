using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>A tensor of bytes that any thread may fill in place, with no array between.</summary>
internal sealed unsafe class PixelBuffer
{
    private readonly byte* _start;

    /// <summary>Allocates it, in the caller's dispose scope.</summary>
    /// <param name="shape">Its shape.</param>
    public PixelBuffer(params long[] shape)
    {
        Pixels = empty(shape, uint8, CPU);
        if (Pixels.numel() > 0)
        {
            // The first byte alone: a span over all would end at 2 GB.
            using var flat = Pixels.view(-1);
            using var first = flat.narrow(0, 0, 1);
            fixed (byte* start = first.bytes)
            {
                _start = start;
            }
        }
    }

    /// <summary>The tensor, whose owner is whoever disposes it; nothing may be written after that.</summary>
    public Tensor Pixels { get; }

    /// <summary>Some of its bytes.</summary>
    /// <param name="offset">The first, counted from the tensor's first.</param>
    /// <param name="count">How many.</param>
    public Span<byte> At(long offset, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + count, Pixels.numel());
        return new(_start + offset, count);
    }
}
