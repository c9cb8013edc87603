using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Embeddings;

/// <summary>The rows of a tensor [N, F], float32, on the CPU, in blocks: a span over all of a large one would end at 2 GB.</summary>
/// <param name="tensor">The tensor; it stays the caller's.</param>
internal sealed class TensorRows(Tensor tensor)
{
    private readonly int _width = (int)tensor.shape[1];

    /// <summary>Copies rows out of it.</summary>
    public void Read(int first, Span<float> rows)
    {
        using var part = tensor.narrow(0, first, rows.Length / _width);
        MemoryMarshal.Cast<byte, float>(part.bytes).CopyTo(rows);
    }

    /// <summary>Copies rows into it.</summary>
    public void Write(int first, ReadOnlySpan<float> rows)
    {
        using var part = tensor.narrow(0, first, rows.Length / _width);
        rows.CopyTo(MemoryMarshal.Cast<byte, float>(part.bytes));
    }
}
