using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>What a frozen network makes of augmented views of images that it need not have seen: their sub-manifolds.</summary>
public static class ViewFeatures
{
    /// <summary>Runs the network, in eval mode, over views that are drawn as a training's are.</summary>
    /// <param name="encoder">Maps [N, 3, H, W] to [N, F]; left in the mode it was in.</param>
    /// <param name="images">The images.</param>
    /// <param name="options">The training's: augmentation, normalisation, seed.</param>
    /// <param name="views">V, at least 1; any number, not only that of the training.</param>
    /// <param name="device">Where the network lives.</param>
    /// <returns>[V, N, F] in the order of the images; the caller owns it.</returns>
    public static Tensor Extract(nn.Module<Tensor, Tensor> encoder, ImageSource images, PretrainOptions options, int views, Device device)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(views, 1);
        using var scope = NewDisposeScope();

        // One view an epoch, of all images.
        var all = Enumerable.Range(0, views).Select(view => FeatureExtractor.ExtractViews(encoder, images, OfView(options, view), view, device));
        return stack([.. all]).MoveToOuterDisposeScope();
    }

    private static MultiViewAugmentation OfView(PretrainOptions options, int view) =>
        new([view % 2 == 0 ? options.Augmentation : options.AlternateAugmentation ?? options.Augmentation], options.Seed, options.Normalisation);
}
