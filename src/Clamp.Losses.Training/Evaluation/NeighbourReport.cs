namespace Clamp.Losses.Training;

/// <summary>What kNN writes: the score of every k and the protocol that led to them.</summary>
/// <param name="Setting">What was evaluated on what.</param>
/// <param name="Temperature">The temperature of the votes.</param>
/// <param name="Pretrained">The scores of the pretrained encoder.</param>
/// <param name="Untrained">The scores of the same encoder with random weights, or null where it was not asked for.</param>
public sealed record NeighbourReport(
    EvaluationSetting Setting,
    double Temperature,
    IReadOnlyList<NeighbourScore> Pretrained,
    IReadOnlyList<NeighbourScore>? Untrained)
{
    /// <summary>The k that did best on the training images held out, by the pretrained encoder; null where none are held out.</summary>
    public int? ChosenNeighbours { get; init; }

    /// <summary>How the scores may be used.</summary>
    public string Choice => (ChosenNeighbours is { } k ? $"k = {k} did best on the training images held out. " : "")
        + "The best k of this table is chosen by the test images, which makes it optimistic: compare at "
        + (ChosenNeighbours is null ? "" : "the one chosen on held-out images, or at ")
        + "one fixed before, such as 20 or 200.";
}
