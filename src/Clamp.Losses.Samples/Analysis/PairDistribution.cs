namespace Clamp.Losses.Samples.Analysis;

/// <summary>A figure of pairs of images.</summary>
/// <param name="Within">Of the pairs of one class; of all pairs where there are no labels.</param>
/// <param name="Between">Of the pairs of two classes; empty where there are no labels.</param>
internal sealed record PairDistribution(IReadOnlyList<double> Within, IReadOnlyList<double> Between)
{
    /// <summary>The means, of those that there are.</summary>
    public (double? Within, double? Between) Means => (Mean(Within), Mean(Between));

    /// <summary>Takes a figure of both kinds of pairs.</summary>
    /// <param name="pairs">What was measured.</param>
    /// <param name="figure">The figure; pairs that have none are left out.</param>
    public static PairDistribution Of(ClassSimilarities pairs, Func<PairSimilarities, IReadOnlyList<double>> figure) =>
        new([.. figure(pairs.Within).Where(double.IsFinite)], [.. figure(pairs.Between).Where(double.IsFinite)]);

    /// <summary>Takes the distances, in units of the root of their mean square over all pairs: of each kind as many as there are, not as were drawn.</summary>
    /// <param name="pairs">What was measured.</param>
    public static PairDistribution OfDistances(ClassSimilarities pairs)
    {
        PairSimilarities[] kinds = [pairs.Within, pairs.Between];
        var squares = kinds.Sum(kind => kind.Pairs * (kind.Pairs == 0 ? 0 : kind.Distances.Average(distance => distance * distance)));
        var unit = Math.Sqrt(squares / kinds.Sum(kind => kind.Pairs));
        return Of(pairs, kind => [.. kind.Distances.Select(distance => unit > 0 ? distance / unit : 0)]);
    }

    private static double? Mean(IReadOnlyList<double> values) => values.Count == 0 ? null : values.Average();
}
