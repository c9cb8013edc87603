using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>How well the frozen features of an encoder tell the classes apart.</summary>
/// <param name="LinearProbe">Top-1 accuracy of the linear probe on the test images, 0 to 1.</param>
/// <param name="NearestNeighbours">Top-1 accuracy of 20-nearest-neighbours on the test images, 0 to 1.</param>
public sealed record EncoderScore(double LinearProbe, double NearestNeighbours)
{
    private static readonly NeighbourOptions OneCount = new() { Neighbours = [20] };

    /// <summary>Scores an encoder; its weights and mode stay as they are.</summary>
    /// <param name="encoder">Maps [N, 3, H, W] to [N, F].</param>
    /// <param name="images">Training images for the probe and test images for the score.</param>
    /// <param name="device">Where the encoder lives.</param>
    /// <param name="seed">Seeds the probe.</param>
    /// <returns>The score.</returns>
    public static EncoderScore Of(nn.Module<Tensor, Tensor> encoder, ImageSplits images, Device device, int seed)
    {
        ArgumentNullException.ThrowIfNull(images);
        using var features = FeatureExtractor.Extract(encoder, images, device);
        var classes = images.Train.ClassNames.Count;
        return new EncoderScore(
            Training.LinearProbe.Evaluate(features, classes, seed).Test.Top1,
            Training.NearestNeighbours.Evaluate(features.Train, features.Test, classes, OneCount)[0].Top1);
    }
}
