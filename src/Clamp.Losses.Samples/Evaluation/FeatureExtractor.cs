using Clamp.Losses.Samples.Augmentation;
using Clamp.Losses.Samples.Data;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Evaluation;

/// <summary>Runs a frozen encoder, in eval mode and without augmentation, over labelled images.</summary>
public static class FeatureExtractor
{
    private const int BatchSize = 500;

    /// <summary>The encoder's features of every image; the encoder is left in the mode it was in.</summary>
    /// <param name="encoder">Maps [N, 3, H, W] to [N, F].</param>
    /// <param name="images">The images.</param>
    /// <param name="device">Where the encoder lives.</param>
    /// <returns>Features and labels on the same device; the caller owns them.</returns>
    public static FeatureSet Extract(nn.Module<Tensor, Tensor> encoder, LabelledImages images, Device device)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(images);
        var wasTraining = encoder.training;
        encoder.eval();
        try
        {
            using var unrecorded = no_grad();
            using var scope = NewDisposeScope();
            var batches = Enumerable.Range(0, images.Count).Chunk(BatchSize).Select(batch => Batch(encoder, images, batch, device));
            return new FeatureSet(
                cat(batches.ToList()).MoveToOuterDisposeScope(),
                tensor(images.Labels.Select(label => (long)label).ToArray(), device: device).MoveToOuterDisposeScope());
        }
        finally
        {
            encoder.train(wasTraining);
        }
    }

    private static Tensor Batch(nn.Module<Tensor, Tensor> encoder, LabelledImages images, int[] indices, Device device)
    {
        using var scope = NewDisposeScope();
        var pixels = images.Pixels(indices).to(device);
        return encoder.call(MultiViewAugmentation.Normalise(pixels)).MoveToOuterDisposeScope();
    }
}
