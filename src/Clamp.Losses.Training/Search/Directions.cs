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
        var (vectors, factors) = Factored(embeddings, first);
        return (vectors * factors).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Directions as [n, F] and factors [n, 1] that are still to be multiplied with, or the products of the former with others are: most
    /// embeddings are left as they are, where a copy would cost as much as the products of a few queries.
    /// </summary>
    /// <param name="embeddings">[n, F].</param>
    /// <param name="first">The row of the first, for messages.</param>
    /// <exception cref="ArgumentException">An embedding holds NaN or an infinite number.</exception>
    public static (Tensor Vectors, Tensor Factors) Factored(Tensor embeddings, long first)
    {
        using var scope = NewDisposeScope();
        var lengths = linalg.vector_norm(embeddings, dims: [1], keepdim: true);
        var ordinary = lengths.ge(KeptScalars.Of(Shortest)).logical_and(lengths.le(KeptScalars.Of(Longest))).all().item<bool>();
        var (vectors, factors) = ordinary ? (embeddings.alias(), lengths.reciprocal()) : (OfAnyLength(embeddings, first), ones_like(lengths));
        return (vectors.MoveToOuterDisposeScope(), factors.MoveToOuterDisposeScope());
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
