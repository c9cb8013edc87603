using static TorchSharp.torch;

namespace Clamp.Losses.Training.Tests;

/// <summary>Search as one would write it without a thought for time: the reference.</summary>
internal static class Brute
{
    public static Tensor Embeddings(float[][] rows) => tensor(rows.SelectMany(row => row).ToArray()).reshape(rows.Length, rows[0].Length);

    public static float Similarity(float[] a, float[] b)
    {
        var lengths = Math.Sqrt(Dot(a, a)) * Math.Sqrt(Dot(b, b));
        return lengths == 0 ? 0 : (float)(Dot(a, b) / lengths);
    }

    public static IEnumerable<Neighbour> Nearest(float[][] bank, float[] query, int k, int? itself = null) => bank
        .Select((row, i) => new Neighbour(i, Similarity(row, query)))
        .Where(neighbour => neighbour.Index != itself)
        .OrderByDescending(neighbour => neighbour.Similarity)
        .ThenBy(neighbour => neighbour.Index)
        .Take(k);

    public static IEnumerable<SimilarPair> Pairs(float[][] rows, double threshold) =>
        from first in Enumerable.Range(0, rows.Length)
        from second in Enumerable.Range(first + 1, rows.Length - first - 1)
        let similarity = Similarity(rows[first], rows[second])
        where similarity >= (float)threshold
        select new SimilarPair(first, second, similarity);

    private static double Dot(float[] a, float[] b) => a.Zip(b, (x, y) => (double)x * y).Sum();
}
