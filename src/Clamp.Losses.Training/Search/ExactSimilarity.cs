using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// Cosine similarities computed in float64 and rounded to float32: the same numbers for the same two embeddings, whatever lies beside
/// them, which a matrix product does not promise.
/// </summary>
internal static class ExactSimilarity
{
    // What is computed at once takes 32 MB in float64, a few times over.
    private const long MostNumbers = 4 << 20;

    // Below what two lengths other than 0 multiply to.
    private const double Least = 1e-100;

    /// <summary>The similarities of embeddings and some rows of a bank each.</summary>
    /// <param name="queries">[Q, F].</param>
    /// <param name="bank">[N, F].</param>
    /// <param name="places">[Q, K], rows of the bank.</param>
    /// <returns>[Q, K], float32, on the CPU; 0 where a length is 0.</returns>
    public static Tensor Of(Tensor queries, Tensor bank, Tensor places)
    {
        using var scope = NewDisposeScope();
        var (count, width) = (places.shape[1], bank.shape[1]);
        var similarities = empty(places.shape, float32);
        var (rows, columns) = (Math.Max(1, MostNumbers / (count * width)), Math.Max(1, MostNumbers / width));
        for (long row = 0; row < places.shape[0]; row += rows)
        {
            for (long column = 0; column < count; column += columns)
            {
                using var batch = NewDisposeScope();
                var (height, across) = (Math.Min(rows, places.shape[0] - row), Math.Min(columns, count - column));
                var chosen = places.narrow(0, row, height).narrow(1, column, across);
                var others = bank.index_select(0, chosen.reshape(-1)).to(float64).view(height, across, width);
                var own = queries.narrow(0, row, height).to(float64).unsqueeze(1);
                similarities.narrow(0, row, height).narrow(1, column, across).copy_(Cosine(own, others));
            }
        }

        return similarities.MoveToOuterDisposeScope();
    }

    private static Tensor Cosine(Tensor own, Tensor others)
    {
        var lengths = linalg.vector_norm(own, dims: [2]) * linalg.vector_norm(others, dims: [2]);
        return (own * others).sum(2) / lengths.clamp_min(KeptScalars.Of(Least));
    }
}
