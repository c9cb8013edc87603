using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>How well the frozen features of an encoder tell the classes apart.</summary>
/// <param name="LinearProbe">Top-1 accuracy of the linear probe, 0 to 1, or null where it was not asked for.</param>
/// <param name="NearestNeighbours">Top-1 accuracy of 20-nearest-neighbours, 0 to 1.</param>
public sealed record EncoderScore(double? LinearProbe, double NearestNeighbours)
{
    private static readonly NeighbourOptions OneCount = new() { Neighbours = [20] };

    /// <summary>Scores an encoder; its weights and mode, and torch's random numbers, stay as they are.</summary>
    /// <param name="encoder">Maps [N, 3, H, W] to [N, F].</param>
    /// <param name="images">Training images, which vote and train the probe, and test images for the score; labelled.</param>
    /// <param name="device">Where the encoder lives.</param>
    /// <param name="seed">Seeds the probe.</param>
    /// <param name="kind">Whether to train a probe, or only to let neighbours vote.</param>
    /// <param name="normalisation">What the encoder was trained with; null for the defaults.</param>
    /// <returns>The score.</returns>
    public static EncoderScore Of(
        nn.Module<Tensor, Tensor> encoder,
        ImageSplits images,
        Device device,
        int seed,
        ScoreKind kind = ScoreKind.Probe,
        Normalisation? normalisation = null)
    {
        ArgumentNullException.ThrowIfNull(images);
        using var state = random.get_rng_state();
        using var features = FeatureExtractor.Extract(encoder, images, device, normalisation);
        var classes = images.Train.ClassNames.Count;
        double? probe = kind == ScoreKind.Probe ? Training.LinearProbe.Evaluate(features, classes, seed).Test.Top1 : null;
        var neighbours = Training.NearestNeighbours.Evaluate(features.Train, features.Test, classes, OneCount)[0].Top1;
        random.set_rng_state(state);
        return new EncoderScore(probe, neighbours);
    }
}
