namespace Clamp.Losses.Training;

/// <summary>What a pretraining writes as score.json when it ends.</summary>
/// <param name="HeldOutImages">How many training images were held out, and scored where they have labels.</param>
/// <param name="NotScored">Why there is no score, in words; null where there is one.</param>
/// <param name="Untrained">The score of the encoder that the training began with.</param>
/// <param name="Pretrained">The score of the trained encoder.</param>
public sealed record PretrainReport(int HeldOutImages, string? NotScored, EncoderScore? Untrained, EncoderScore? Pretrained)
{
    /// <summary>What to know about the images, such as that a published set was there in part.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>What was scored on.</summary>
    public string Choice { get; init; } = "Scored on training images that were held out; the test images were not looked at.";
}
