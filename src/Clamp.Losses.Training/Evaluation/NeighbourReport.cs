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
    /// <summary>How the scores may be used.</summary>
    public string Choice { get; init; } =
        "Every k is reported. The best of them is chosen by the test images, which makes it optimistic: compare at a k fixed before, "
        + "such as 20 or 200.";
}
