using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// Runs a frozen network, in eval mode, over labelled images. The network is left in the mode it was in; features that are NaN or infinite
/// are a <see cref="TrainingDivergedException"/>.
/// </summary>
public static class FeatureExtractor
{
    private const int BatchSize = 500;

    /// <summary>The network's outputs for both parts of a data set, without augmentation.</summary>
    /// <param name="encoder">Maps [N, 3, H, W] to [N, F].</param>
    /// <param name="images">The images, with labels and a test part.</param>
    /// <param name="device">Where the network lives.</param>
    /// <param name="normalisation">What the network was trained with; null for the defaults.</param>
    /// <returns>The features on the same device; the caller owns them.</returns>
    /// <exception cref="ArgumentException">There is no test part.</exception>
    /// <exception cref="InvalidOperationException">The images have no labels.</exception>
    public static ProbeFeatures Extract(
        nn.Module<Tensor, Tensor> encoder, ImageSplits images, Device device, Normalisation? normalisation)
    {
        ArgumentNullException.ThrowIfNull(images);
        var test = images.Test ?? throw new ArgumentException("There are no test images, but a score needs some.", nameof(images));
        var held = images.HeldOut.Count == 0 ? null : images.HeldOut;
        return new ProbeFeatures(Extract(encoder, images.Train, device, normalisation), Extract(encoder, test, device, normalisation)) { HeldOut = held };
    }

    /// <summary>The network's outputs for every image, without augmentation.</summary>
    /// <param name="encoder">Maps [N, 3, H, W] to [N, F].</param>
    /// <param name="images">The images.</param>
    /// <param name="device">Where the network lives.</param>
    /// <param name="normalisation">What the network was trained with; null for the defaults.</param>
    /// <returns>Features and labels on the same device; the caller owns them.</returns>
    public static FeatureSet Extract(
        nn.Module<Tensor, Tensor> encoder, ImageSource images, Device device, Normalisation? normalisation)
    {
        ArgumentNullException.ThrowIfNull(images);
        var labels = images.Labels.Select(label => (long)label).ToArray();
        return new FeatureSet(Features(encoder, images, device, normalisation), tensor(labels, device: device));
    }

    /// <summary>The network's outputs for every image, labelled or not, without augmentation.</summary>
    /// <param name="encoder">Maps [N, 3, H, W] to [N, F].</param>
    /// <param name="images">The images.</param>
    /// <param name="device">Where the network lives.</param>
    /// <param name="normalisation">What the network was trained with; null for the defaults.</param>
    /// <returns>[N, F] in the order of the images, on the same device; the caller owns it.</returns>
    public static Tensor Features(
        nn.Module<Tensor, Tensor> encoder, ImageSource images, Device device, Normalisation? normalisation = null)
    {
        ArgumentNullException.ThrowIfNull(images);
        normalisation ??= new Normalisation();
        return Run(encoder, Batches(images).Select(batch => new Func<Tensor>(
            () => normalisation.Apply(images.Pixels(batch).to(device)).unsqueeze(0))));
    }

    /// <summary>The network's outputs for one random view of every image.</summary>
    /// <param name="encoder">Maps [N, 3, H, W] to [N, F].</param>
    /// <param name="images">The images.</param>
    /// <param name="augmentation">Makes the views.</param>
    /// <param name="epoch">Which views, from 0.</param>
    /// <param name="device">Where the network lives.</param>
    /// <returns>[N, F] in the order of the images; the caller owns it.</returns>
    public static Tensor ExtractViews(
        nn.Module<Tensor, Tensor> encoder, ImageSource images, MultiViewAugmentation augmentation, int epoch, Device device)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(augmentation);
        return Run(encoder, new ViewLoader(images, augmentation, views: 1, device).Load(Batches(images), epoch));
    }

    private static IEnumerable<int[]> Batches(ImageSource images) => Enumerable.Range(0, images.Count).Chunk(BatchSize);

    private static Tensor Run(nn.Module<Tensor, Tensor> encoder, IEnumerable<Func<Tensor>> inputs)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        var wasTraining = encoder.training;
        encoder.eval();
        try
        {
            using var unrecorded = no_grad();
            using var scope = NewDisposeScope();
            return cat(inputs.Select(input => Output(encoder, input)).ToList()).MoveToOuterDisposeScope();
        }
        finally
        {
            encoder.train(wasTraining);
        }
    }

    private static Tensor Output(nn.Module<Tensor, Tensor> encoder, Func<Tensor> input)
    {
        using var scope = NewDisposeScope();
        var features = encoder.call(input().squeeze(0));
        return features.isfinite().all().item<bool>()
            ? features.MoveToOuterDisposeScope()
            : throw new TrainingDivergedException("Features are NaN or infinite: the weights that they come from have diverged.");
    }
}
