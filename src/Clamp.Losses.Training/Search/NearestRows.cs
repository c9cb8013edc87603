using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>The nearest of a bank of embeddings by cosine similarity in float32, on the device of the embeddings.</summary>
internal static class NearestRows
{
    // So wide that one pass over a block is all that costs, so narrow that few numbers are looked at twice.
    private const int RunWidth = 32;

    /// <summary>Finds the nearest; which of equal ones comes first, or is there at all, is not said.</summary>
    /// <param name="bank">[N, F], what is searched.</param>
    /// <param name="queries">[Q, F].</param>
    /// <param name="count">K, from 1 to N.</param>
    /// <returns>The similarities, largest first, and their rows in the bank: both [Q, K].</returns>
    public static (Tensor Similarities, Tensor Places) Find(Tensor bank, Tensor queries, int count)
    {
        long[] shape = [queries.shape[0], count];
        var similarities = full(shape, KeptScalars.Of(double.NegativeInfinity), queries.dtype, queries.device);
        var places = zeros(shape, ScalarType.Int64, queries.device);
        SimilarityBlocks.Each(bank, queries, (block, row, column) =>
        {
            var (best, place) = (similarities.narrow(0, row, block.shape[0]), places.narrow(0, row, block.shape[0]));
            var (values, found) = Largest(block, (int)Math.Min(count, block.shape[1]));
            var merged = cat([best, values], 1).topk(count, dim: 1);
            place.copy_(cat([place, found.add(KeptScalars.Of(column), KeptScalars.One)], 1).gather(1, merged.indexes));
            best.copy_(merged.values);
        });
        return (similarities, places);
    }

    /// <summary>
    /// The K largest of each row. None lies outside the K runs of neighbouring columns with the largest maxima, so that a look at every
    /// number finds the maxima, and the rest looks at few.
    /// </summary>
    private static (Tensor Values, Tensor Places) Largest(Tensor block, int count)
    {
        var (rows, runs) = (block.shape[0], block.shape[1] / RunWidth);
        if (block.shape[1] % RunWidth != 0 || 2 * count > runs)
        {
            return block.topk(count, dim: 1);
        }

        var largest = block.view(rows, runs, RunWidth).amax([2]).topk(count, dim: 1, sorted: false).indexes;
        var within = arange(KeptScalars.Of(0L), KeptScalars.Of((long)RunWidth), KeptScalars.One, ScalarType.Int64, block.device);
        var places = largest.mul(KeptScalars.Of((long)RunWidth)).unsqueeze(2).add(within, KeptScalars.One).view(rows, count * RunWidth);
        var found = block.gather(1, places).topk(count, dim: 1);
        return (found.values, places.gather(1, found.indexes));
    }
}
