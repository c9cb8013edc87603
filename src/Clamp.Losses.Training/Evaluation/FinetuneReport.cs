namespace Clamp.Losses.Training;

/// <summary>What fine-tuning writes: the scores and the protocol that led to them.</summary>
/// <param name="Setting">What was evaluated on what; the training images are those that the labelled ones were taken from.</param>
/// <param name="LabelledImages">How many images were trained on.</param>
/// <param name="Fraction">The share of the training images that was drawn, balanced over classes, or null where a list chose them.</param>
/// <param name="List">The list that chose them, or null.</param>
/// <param name="Pretrained">The result from the pretrained encoder.</param>
/// <param name="FromScratch">
/// The result of the same training from random weights, the encoder at the full rate, or null where it was not asked for.
/// </param>
public sealed record FinetuneReport(
    EvaluationSetting Setting,
    int LabelledImages,
    double? Fraction,
    string? List,
    FinetuneResult Pretrained,
    FinetuneResult? FromScratch)
{
    /// <summary>The preset that the protocol began with, and what it has in place of the preset's values, in words; null without one.</summary>
    public string? Preset { get; init; }

    /// <summary>What was chosen, and which weights were scored.</summary>
    public string Choice { get; init; } =
        (Pretrained.Sweep.Count == 0
            ? ""
            : "The learning rate of the best top-1 accuracy on the training images held out, from trainings on the other labelled images; it "
                + "then trained on all labelled ones. ")
        + "The weights after the last epoch, scored on the whole test set once; the test images choose nothing.";
}
