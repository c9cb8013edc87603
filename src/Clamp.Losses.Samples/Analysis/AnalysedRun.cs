using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Analysis;

/// <summary>What the report knows of one run.</summary>
/// <param name="Name">The name of its folder.</param>
/// <param name="Options">What it was made with.</param>
/// <param name="Analysis">How much of it was looked at.</param>
/// <param name="Images">The images.</param>
/// <param name="Steps">Its steps, thinned.</param>
/// <param name="Scored">Its epochs that were scored.</param>
/// <param name="Before">The encoder that it began with.</param>
/// <param name="After">The encoder that it ended with.</param>
/// <param name="Views">Rows of views as the network saw them.</param>
/// <param name="Queries">Of the images whose neighbours are shown, the positions among those looked at.</param>
internal sealed record AnalysedRun(
    string Name,
    RunOptions Options,
    AnalysisOptions Analysis,
    AnalysedImages Images,
    IReadOnlyList<StepMetrics> Steps,
    IReadOnlyList<ScoredEpoch> Scored,
    EncoderState Before,
    EncoderState After,
    IReadOnlyList<TileRow> Views,
    IReadOnlyList<int> Queries)
{
    /// <summary>Both states, each with its name.</summary>
    public IReadOnlyList<(string Name, EncoderState State)> States => [("before", Before), ("after", After)];
}
