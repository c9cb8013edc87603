using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>Embeddings scaled to length 1: products of two are cosine similarities.</summary>
internal static class Directions
{
    // The squares of what lies between neither vanish nor overflow in float32.
    private const double Shortest = 1e-15;
    private const double Longest = 1e15;

    /// <summary>The direction of every embedding; those of length 0 have none and stay 0.</summary>
    /// <param name="embeddings">[n, F].</param>
    /// <param name="first">The row of the first, for messages.</param>
    /// <exception cref="ArgumentException">An embedding holds NaN or an infinite number.</exception>
    public static Tensor Of(Tensor embeddings, long first = 0)
    {
        using var scope = NewDisposeScope();
        var lengths = linalg.vector_norm(embeddings, dims: [1], keepdim: true);
        var ordinary = lengths.ge(KeptScalars.Of(Shortest)).logical_and(lengths.le(KeptScalars.Of(Longest))).all().item<bool>();
        return (ordinary ? embeddings / lengths : OfAnyLength(embeddings, first)).MoveToOuterDisposeScope();
    }

    private static Tensor OfAnyLength(Tensor embeddings, long first)
    {
        var precise = embeddings.to(float64);
        var lengths = linalg.vector_norm(precise, dims: [1], keepdim: true);
        if (!lengths.isfinite().all().item<bool>())
        {
            var row = first + lengths.isfinite().logical_not().nonzero()[0, 0].item<long>();
            throw new ArgumentException($"Embedding {row} holds NaN or an infinite number; embeddings must be finite.", nameof(embeddings));
        }

        return (precise / lengths.masked_fill(lengths.eq(KeptScalars.Of(0.0)), KeptScalars.Of(1.0))).to(embeddings.dtype);
    }
}
