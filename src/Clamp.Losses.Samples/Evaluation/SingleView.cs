using Clamp.Losses.Samples.Augmentation;
using Clamp.Losses.Samples.Data;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Evaluation;

/// <summary>The augmentation of supervised training: one random view of each image, cropped and flipped, its colours kept.</summary>
internal static class SingleView
{
    /// <summary>Keeps the crops and flips of a pretraining's augmentation and leaves its colour changes, blur and solarization out.</summary>
    public static AugmentationOptions CropAndFlip(AugmentationOptions pretraining) => pretraining with
    {
        JitterProbability = 0,
        GrayscaleProbability = 0,
        BlurProbability = 0,
        SolarizeProbability = 0,
    };

    /// <summary>One view of some images of a set, [n, 3, H, W], normalised; the caller owns it.</summary>
    public static Tensor View(this MultiViewAugmentation augmentation, LabelledImages images, int[] indices, int epoch, Device device)
    {
        using var scope = NewDisposeScope();
        var samples = Array.ConvertAll(indices, index => (long)index);
        var views = augmentation.Views(images.Pixels(indices).to(device), samples, epoch, views: 1, images.Height);
        return views.squeeze(0).MoveToOuterDisposeScope();
    }
}
