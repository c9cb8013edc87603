using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// Exact search by cosine similarity: every embedding is looked at, by matrix products on all of libtorch's threads. Beside the results it
/// takes the memory of 32 MB of similarities a few times over, however many embeddings there are.
/// </summary>
/// <remarks>
/// Candidates come from products in float32, and more of them than were asked for. Their similarities are computed again in float64 and
/// rounded to float32; where a row that is no candidate may be as similar as the last that is returned, within the bound of the product's
/// error, more candidates are taken. So the result does not depend on threads, blocks or device, and of equal similarities the smaller
/// row comes first.
/// </remarks>
public static class SimilaritySearch
{
    // As many more candidates than were asked for suffice unless many are equal or nearly so.
    private const int Spare = 6;

    private const int Growth = 8;

    // Of all the queries whose candidates are looked at together.
    private const long MostCandidates = 4 << 20;

    /// <summary>Finds the k most similar embeddings of a set for each query.</summary>
    /// <param name="bank">What is searched, [N, F], float32.</param>
    /// <param name="queries">[Q, F], float32, on the same device.</param>
    /// <param name="k">How many, at least 1; all where there are fewer.</param>
    /// <returns>For each query its neighbours, the most similar first, of equal ones the smaller row.</returns>
    /// <exception cref="InvalidOptionsException"><paramref name="k"/> is below 1.</exception>
    /// <exception cref="ArgumentException">A tensor has another shape or type, or holds NaN or infinite numbers.</exception>
    public static IReadOnlyList<IReadOnlyList<Neighbour>> Nearest(Tensor bank, Tensor queries, int k) => Search(bank, queries, itself: null, k);

    /// <summary>Finds, for some embeddings of a set, the k most similar others of it.</summary>
    /// <param name="embeddings">The set, [N, F], float32.</param>
    /// <param name="k">How many, at least 1; all others where there are fewer.</param>
    /// <param name="rows">The rows to find neighbours of, each from 0 to N - 1; all where null.</param>
    /// <returns>For each row its neighbours, the most similar first, of equal ones the smaller row; never the row itself.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A row is none of the set.</exception>
    /// <exception cref="InvalidOptionsException"><paramref name="k"/> is below 1.</exception>
    /// <exception cref="ArgumentException">The tensor has another shape or type, or holds NaN or infinite numbers.</exception>
    public static IReadOnlyList<IReadOnlyList<Neighbour>> NearestOthers(Tensor embeddings, int k, IReadOnlyList<int>? rows = null)
    {
        EmbeddingRules.Check(embeddings, nameof(embeddings));
        var count = (int)embeddings.shape[0];
        if (rows is null)
        {
            return Search(embeddings, embeddings, [.. Enumerable.Range(0, count)], k);
        }

        if (rows.FirstOrDefault(row => row < 0 || row >= count, -1) is var wrong && rows.Contains(wrong))
        {
            throw new ArgumentOutOfRangeException(nameof(rows), wrong, $"Rows go from 0 to {count - 1}.");
        }

        using var scope = NewDisposeScope();
        return Search(embeddings, embeddings.index_select(0, Positions(rows, embeddings.device)), [.. rows], k);
    }

    private static Neighbour[][] Search(Tensor bank, Tensor queries, int[]? itself, int k)
    {
        EmbeddingRules.Check(bank, nameof(bank));
        EmbeddingRules.Check(queries, nameof(queries));
        EmbeddingRules.Check(k);
        if (bank.shape[1] != queries.shape[1])
        {
            throw new ArgumentException($"Queries are {queries.shape[1]} wide, and what is searched {bank.shape[1]}; both must be equal.", nameof(queries));
        }

        using var unrecorded = no_grad();
        var found = new Neighbour[queries.shape[0]][];
        int[] open = [.. Enumerable.Range(0, found.Length)];
        for (var candidates = k + 1L + Spare; open.Length > 0; candidates *= Growth)
        {
            var count = (int)Math.Min(candidates, bank.shape[0]);
            var together = count == bank.shape[0] || candidates > k + 1L + Spare ? (int)Math.Max(1, MostCandidates / count) : open.Length;
            open = [.. open.Chunk(together).SelectMany(some => Settle(bank, queries, itself, k, count, some, found))];
        }

        return found;
    }

    /// <summary>Finds the neighbours of some queries among so many candidates each, and returns the queries that need more.</summary>
    private static List<int> Settle(Tensor bank, Tensor queries, int[]? itself, int k, int count, int[] some, Neighbour[][] found)
    {
        using var scope = NewDisposeScope();
        var chosen = some.Length == found.Length ? queries : queries.index_select(0, Positions(some, queries.device));
        var (products, places) = NearestRows.Find(bank, chosen, count);
        var similarities = ExactSimilarity.Of(chosen, bank, places).data<float>().ToArray();
        var rows = places.cpu().data<long>().ToArray();
        var last = products.narrow(1, count - 1, 1).to(float64).cpu().data<double>().ToArray();
        var undecided = new List<int>();
        for (var i = 0; i < some.Length; i++)
        {
            var query = some[i];
            found[query] = Ranked(rows.AsSpan(i * count, count), similarities.AsSpan(i * count, count), itself?[query], k);
            if (count < bank.shape[0] && found[query][^1].Similarity <= last[i] + SimilarityBlocks.Error(bank.shape[1]))
            {
                undecided.Add(query);
            }
        }

        return undecided;
    }

    private static Neighbour[] Ranked(ReadOnlySpan<long> rows, ReadOnlySpan<float> similarities, int? itself, int k)
    {
        var candidates = new List<Neighbour>(rows.Length);
        for (var i = 0; i < rows.Length; i++)
        {
            if (rows[i] != itself)
            {
                candidates.Add(new Neighbour((int)rows[i], similarities[i]));
            }
        }

        return [.. candidates.OrderByDescending(candidate => candidate.Similarity).ThenBy(candidate => candidate.Index).Take(k)];
    }

    private static Tensor Positions(IEnumerable<int> rows, Device device) => tensor(rows.Select(row => (long)row).ToArray(), device: device);
}
