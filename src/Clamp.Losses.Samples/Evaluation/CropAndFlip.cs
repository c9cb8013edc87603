using Clamp.Losses.Samples.Augmentation;

namespace Clamp.Losses.Samples.Evaluation;

/// <summary>The augmentation of supervised training: the crops and flips of a pretraining, without changes of colour.</summary>
internal static class CropAndFlip
{
    /// <summary>Creates the augmentation.</summary>
    /// <param name="pretraining">The augmentation of the pretraining.</param>
    /// <param name="seed">The seed of the evaluation.</param>
    public static MultiViewAugmentation Of(AugmentationOptions pretraining, int seed) => new(
        pretraining with { JitterProbability = 0, GrayscaleProbability = 0, BlurProbability = 0, SolarizeProbability = 0 }, seed);
}
