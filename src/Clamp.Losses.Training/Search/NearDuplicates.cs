using TorchSharp;
using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>Images that show nearly the same: pairs above a cosine similarity, and what they link together.</summary>
public static class NearDuplicates
{
    /// <summary>
    /// Finds all pairs of embeddings that are at least so similar. Every pair is looked at once, a block of N^2 / 2 at a time; the memory
    /// is that of the pairs found, and of a block.
    /// </summary>
    /// <param name="embeddings">[N, F], float32.</param>
    /// <param name="threshold">The smallest cosine similarity, above 0 and at most 1; compared in float32. Embeddings of length 0 have no pair.</param>
    /// <param name="most">More pairs than this are an error, at least 1: a threshold that low tells nothing, and fills the memory.</param>
    /// <returns>The pairs by their first row, then by the second.</returns>
    /// <exception cref="InvalidOptionsException">An option is out of range, or there are more than <paramref name="most"/> pairs.</exception>
    /// <exception cref="ArgumentException">The tensor has another shape or type, or holds NaN or infinite numbers.</exception>
    public static IReadOnlyList<SimilarPair> Pairs(Tensor embeddings, double threshold, int most = 1_000_000)
    {
        EmbeddingRules.Check(embeddings, nameof(embeddings));
        OptionRules.Check(
            (!(threshold is > 0 and <= 1), nameof(threshold), threshold, "above 0 and at most 1"),
            (most < 1, nameof(most), most, "at least 1"));
        using var unrecorded = no_grad();
        var least = (float)threshold;
        var candidate = least - SimilarityBlocks.Error(embeddings.shape[1]);
        using Scalar leastProduct = candidate;
        var pairs = new List<SimilarPair>();
        SimilarityBlocks.Each(embeddings, embeddings, (block, row, column) =>
        {
            if (block.max().item<float>() < candidate)
            {
                return;
            }

            var places = block.ge(leastProduct).nonzero();
            var (first, second) = (places.select(1, 0).add(KeptScalars.Of(row), KeptScalars.One), places.select(1, 1).add(KeptScalars.Of(column), KeptScalars.One));
            var above = first.lt(second).nonzero().squeeze(1);
            Add(pairs, embeddings, first.index_select(0, above), second.index_select(0, above), least, most);
        }, upperTriangle: true);
        pairs.Sort((a, b) => (a.First, a.Second).CompareTo((b.First, b.Second)));
        return pairs;
    }

    /// <summary>Joins pairs that share an image into groups: the connected components of the graph whose edges they are.</summary>
    /// <param name="pairs">The pairs.</param>
    /// <returns>The rows of each group, ascending; the group with the smallest row first. Two members of a group need not be similar: others link them.</returns>
    public static IReadOnlyList<IReadOnlyList<int>> Groups(IEnumerable<SimilarPair> pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        var parents = new Dictionary<int, int>();
        int Root(int row)
        {
            while (parents.TryAdd(row, row) || parents[row] != row)
            {
                row = parents[row] = parents[parents[row]];
            }

            return row;
        }

        foreach (var pair in pairs)
        {
            var (one, other) = (Root(pair.First), Root(pair.Second));
            parents[Math.Max(one, other)] = Math.Min(one, other);
        }

        return [.. parents.Keys.Order().ToList().GroupBy(Root).Select(group => (IReadOnlyList<int>)[.. group])];
    }

    private static void Add(List<SimilarPair> pairs, Tensor embeddings, Tensor first, Tensor second, float least, int most)
    {
        const int Together = 8_192;
        for (long start = 0; start < first.shape[0]; start += Together)
        {
            using var batch = NewDisposeScope();
            var length = Math.Min(Together, first.shape[0] - start);
            var (one, other) = (first.narrow(0, start, length), second.narrow(0, start, length));
            var similarities = ExactSimilarity.Of(embeddings.index_select(0, one), embeddings, other.unsqueeze(1)).data<float>().ToArray();
            var (ones, others) = (one.cpu().data<long>().ToArray(), other.cpu().data<long>().ToArray());
            for (var i = 0; i < similarities.Length; i++)
            {
                if (similarities[i] >= least)
                {
                    pairs.Add(new SimilarPair((int)ones[i], (int)others[i], similarities[i]));
                }
            }

            if (pairs.Count > most)
            {
                throw new InvalidOptionsException(
                    FormattableString.Invariant($"threshold is {least}; it must be higher: more than {most} pairs of embeddings are at least as similar."));
            }
        }
    }
}
