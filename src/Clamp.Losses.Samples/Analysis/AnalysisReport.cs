namespace Clamp.Losses.Samples.Analysis;

/// <summary>The numbers of a report, as a file beside it.</summary>
internal static class AnalysisReport
{
    /// <summary>Of each run, what it is and both states.</summary>
    public static IReadOnlyList<object> Of(IReadOnlyList<AnalysedRun> runs) => [.. runs.Select(run => new
    {
        run.Name,
        Images = run.Images.Shown.Count,
        Of = run.Images.Kind,
        TrainImages = run.Images.Kept.Count,
        run.Analysis.Views,
        Before = Of(run.Before),
        After = Of(run.After),
    })];

    private static object Of(EncoderState state) => new
    {
        state.ParticipationRatio,
        state.EffectiveRank,
        state.PowerLaw,
        Cosines = Means(state.Cosines),
        Distances = Means(state.Distances),
        Orientations = Means(state.Orientations),
        state.ComponentShares,
        state.Paper,
        state.Probe,
        state.Eigenvalues,
    };

    private static object Means(PairDistribution pairs) => new { pairs.Means.Within, pairs.Means.Between };
}
