using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// The cosine similarities of two sets of embeddings, as matrix products of a block of each: neither the similarities nor the directions
/// of a large set are ever there all at once, but 32 MB of similarities.
/// </summary>
internal static class SimilarityBlocks
{
    // Below the 32 MB from which glibc takes new pages for each block; wide, as some work is done once for each row of a block.
    private const int Queries = 500;
    private const int Columns = 16_384;

    /// <summary>
    /// By how much a product in float32 may be off: the bound for sums of F products of numbers whose squares add up to 1, in any order,
    /// and the rounding of directions and of a result.
    /// </summary>
    /// <param name="width">F.</param>
    public static double Error(long width) => (width + 16) * Math.Pow(2, -23);

    /// <summary>Goes through all blocks.</summary>
    /// <param name="bank">[N, F], the columns.</param>
    /// <param name="queries">[Q, F], the rows; may be the bank.</param>
    /// <param name="use">Takes similarities [q, n] with the first query and the first column of the block; tensors it makes are disposed.</param>
    /// <param name="upperTriangle">Leaves out the blocks that lie below the diagonal altogether.</param>
    public static void Each(Tensor bank, Tensor queries, Action<Tensor, long, long> use, bool upperTriangle = false)
    {
        var (columns, rows) = (bank.shape[0], queries.shape[0]);
        for (long column = 0; column < columns; column += Columns)
        {
            using var part = NewDisposeScope();
            var width = Math.Min(Columns, columns - column);
            var (vectors, factors) = Directions.Factored(bank.narrow(0, column, width), column);
            var (transposed, scale) = (vectors.t(), factors.t());
            for (long row = 0; row < (upperTriangle ? column + width : rows); row += Queries)
            {
                using var block = NewDisposeScope();
                var query = Directions.Of(queries.narrow(0, row, Math.Min(Queries, rows - row)), row);
                use(query.mm(transposed).mul_(scale), row, column);
            }
        }
    }
}
