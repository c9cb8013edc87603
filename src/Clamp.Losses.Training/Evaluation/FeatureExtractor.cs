using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// Runs a frozen network, in eval mode, over labelled images. The network is left in the mode it was in; features that are NaN or infinite
/// are a <see cref="TrainingDivergedException"/>.
/// </summary>
public static class FeatureExtractor
{
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
        return Run(encoder, images.Count, Inputs(images, device, normalisation ?? new Normalisation()));
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
        return Run(encoder, images.Count, new ViewLoader(images, augmentation, views: 1, device).Load(Batches(images), epoch));
    }

    // Read ahead by one batch: files are decoded while the network runs.
    private static IEnumerable<Func<Tensor>> Inputs(ImageSource images, Device device, Normalisation normalisation) =>
        Ahead.Of(Batches(images), (batch, _) => images.Pixels(batch), depth: 1).Select(read => new Func<Tensor>(() =>
        {
            using var scope = NewDisposeScope();
            using var pixels = read.Result.GetAwaiter().GetResult();
            return normalisation.Apply(pixels.to(device)).unsqueeze(0).MoveToOuterDisposeScope();
        }));

    private static IEnumerable<int[]> Batches(ImageSource images) => ImageBatches.Of(images.Count, images.Height, images.Width);

    /// <summary>All outputs, each batch's written to its place at once: there is never a second copy of them.</summary>
    private static Tensor Run(nn.Module<Tensor, Tensor> encoder, int count, IEnumerable<Func<Tensor>> inputs)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        var wasTraining = encoder.training;
        encoder.eval();
        try
        {
            using var scope = NewDisposeScope();
            var (all, done) = ((Tensor?)null, 0L);
            foreach (var input in inputs)
            {
                using var batch = NewDisposeScope();
                var features = Output(encoder, () => input().squeeze(0));
                all ??= empty([count, features.shape[1]], features.dtype, features.device).MoveToOuterDisposeScope();
                all.narrow(0, done, features.shape[0]).copy_(features);
                done += features.shape[0];
            }

            return all?.MoveToOuterDisposeScope() ?? throw new InvalidOptionsException("There are no images to take features of.");
        }
        finally
        {
            encoder.train(wasTraining);
        }
    }

    /// <summary>The outputs for a batch of a network in eval mode.</summary>
    internal static Tensor Output(nn.Module<Tensor, Tensor> encoder, Func<Tensor> input)
    {
        using var unrecorded = inference_mode();
        using var scope = NewDisposeScope();
        var features = Features(encoder, input());
        return features.isfinite().all().item<bool>()
            ? features.MoveToOuterDisposeScope()
            : throw new TrainingDivergedException("Features are NaN or infinite: the weights that they come from have diverged.");
    }

    // libtorch asks NNPACK about a single image, which prints a warning on processors that it does not know.
    private static Tensor Features(nn.Module<Tensor, Tensor> encoder, Tensor images) => images.shape[0] == 1
        ? encoder.call(cat([images, images])).narrow(0, 0, 1)
        : encoder.call(images);
}
