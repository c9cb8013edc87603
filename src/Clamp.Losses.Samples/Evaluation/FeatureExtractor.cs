using Clamp.Losses.Samples.Augmentation;
using Clamp.Losses.Samples.Data;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Evaluation;

/// <summary>Runs a frozen network, in eval mode, over labelled images. The network is left in the mode it was in.</summary>
public static class FeatureExtractor
{
    private const int BatchSize = 500;

    /// <summary>The network's outputs for both parts of a data set, without augmentation.</summary>
    /// <param name="encoder">Maps [N, 3, H, W] to [N, F].</param>
    /// <param name="images">The images.</param>
    /// <param name="device">Where the network lives.</param>
    /// <returns>The features on the same device; the caller owns them.</returns>
    public static ProbeFeatures Extract(nn.Module<Tensor, Tensor> encoder, ImageSplits images, Device device)
    {
        ArgumentNullException.ThrowIfNull(images);
        return new ProbeFeatures(Extract(encoder, images.Train, device), Extract(encoder, images.Test, device));
    }

    /// <summary>The network's outputs for every image, without augmentation.</summary>
    /// <param name="encoder">Maps [N, 3, H, W] to [N, F].</param>
    /// <param name="images">The images.</param>
    /// <param name="device">Where the network lives.</param>
    /// <returns>Features and labels on the same device; the caller owns them.</returns>
    public static FeatureSet Extract(nn.Module<Tensor, Tensor> encoder, LabelledImages images, Device device)
    {
        ArgumentNullException.ThrowIfNull(images);
        var features = Run(encoder, images, batch => MultiViewAugmentation.Normalise(images.Pixels(batch).to(device)));
        return new FeatureSet(features, tensor(images.Labels.Select(label => (long)label).ToArray(), device: device));
    }

    /// <summary>The network's outputs for one random view of every image.</summary>
    /// <param name="encoder">Maps [N, 3, H, W] to [N, F].</param>
    /// <param name="images">The images.</param>
    /// <param name="augmentation">Makes the views.</param>
    /// <param name="epoch">Which views, from 0.</param>
    /// <param name="device">Where the network lives.</param>
    /// <returns>[N, F] in the order of the images; the caller owns it.</returns>
    public static Tensor ExtractViews(
        nn.Module<Tensor, Tensor> encoder, LabelledImages images, MultiViewAugmentation augmentation, int epoch, Device device)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(augmentation);
        return Run(encoder, images, batch => augmentation.View(images, batch, epoch, device));
    }

    private static Tensor Run(nn.Module<Tensor, Tensor> encoder, LabelledImages images, Func<int[], Tensor> input)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        var wasTraining = encoder.training;
        encoder.eval();
        try
        {
            using var unrecorded = no_grad();
            using var scope = NewDisposeScope();
            var batches = Enumerable.Range(0, images.Count).Chunk(BatchSize).Select(batch => Output(encoder, input, batch));
            return cat(batches.ToList()).MoveToOuterDisposeScope();
        }
        finally
        {
            encoder.train(wasTraining);
        }
    }

    private static Tensor Output(nn.Module<Tensor, Tensor> encoder, Func<int[], Tensor> input, int[] batch)
    {
        using var scope = NewDisposeScope();
        return encoder.call(input(batch)).MoveToOuterDisposeScope();
    }
}
