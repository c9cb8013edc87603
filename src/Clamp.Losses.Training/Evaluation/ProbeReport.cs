namespace Clamp.Losses.Training;

/// <summary>What a linear probe writes: the scores and the protocol that led to them.</summary>
/// <param name="Setting">What was evaluated on what.</param>
/// <param name="Protocol">How the classifiers were trained.</param>
/// <param name="Pretrained">The result of the pretrained encoder.</param>
/// <param name="Untrained">The result of the same encoder with random weights, or null where it was not asked for.</param>
public sealed record ProbeReport(EvaluationSetting Setting, ProbeOptions Protocol, ProbeResult Pretrained, ProbeResult? Untrained)
{
    /// <summary>The preset that the protocol began with, and what it has in place of the preset's values, in words; null without one.</summary>
    public string? Preset { get; init; }

    /// <summary>How the learning rate was chosen.</summary>
    public string Choice { get; init; } =
        "The learning rate of the best top-1 accuracy on the training images held out; the classifier was then trained again, on all "
        + "training images, and scored on the whole test set once. Features are "
        + (Protocol.Standardise ? "standardised by the training images' mean and deviation." : "as the encoder makes them.");
}
