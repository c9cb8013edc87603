using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// Scores encoders in the course of a training on images that are held out of it (<see cref="ImageSplits.HeldOut"/>); the others vote
/// and train the probe. Test images are not looked at: they are for the final score.
/// </summary>
public sealed class HeldOutScorer
{
    // A probe holds a tenth of the images it is trained on out, to choose its learning rate.
    private const int FewestForProbe = 10;

    private readonly ScoreKind _kind;
    private readonly ImageSplits _images;
    private readonly int _seed;
    private readonly Device _device;
    private readonly Normalisation? _normalisation;

    private HeldOutScorer(ScoreKind kind, ImageSplits images, int seed, Device device, Normalisation? normalisation) =>
        (_kind, _images, _seed, _device, _normalisation) = (kind, images, seed, device, normalisation);

    /// <summary>The number of images scored.</summary>
    public int Count => _images.Test!.Count;

    /// <summary>Makes a scorer, where there is something to score on.</summary>
    /// <param name="kind">How.</param>
    /// <param name="images">The images.</param>
    /// <param name="seed">Seeds the probe.</param>
    /// <param name="device">Where the encoders live.</param>
    /// <param name="normalisation">What they are trained with; null for the defaults.</param>
    /// <returns>The scorer, or null and in words why nothing can be scored.</returns>
    public static (HeldOutScorer? Scorer, string? NotScored) Create(
        ScoreKind kind, ImageSplits images, int seed, Device device, Normalisation? normalisation = null)
    {
        ArgumentNullException.ThrowIfNull(images);
        var reason = kind == ScoreKind.None ? "no score was asked for"
            : !images.Train.HasLabels ? "the images have no labels"
            : images.HeldOut.Count == 0 ? "no training images are held out"
            : kind == ScoreKind.Probe && images.Train.Count - images.HeldOut.Count < FewestForProbe
                ? $"a probe needs {FewestForProbe} training images"
            : null;
        return reason is null
            ? (new HeldOutScorer(kind, new ImageSplits(images.Kept, images.Validation), seed, device, normalisation), null)
            : (null, reason);
    }

    /// <summary>Scores an encoder.</summary>
    /// <param name="encoder">Maps [N, 3, H, W] to [N, F]; its weights and mode, and torch's random numbers, stay as they are.</param>
    /// <returns>The score.</returns>
    public EncoderScore Score(nn.Module<Tensor, Tensor> encoder) =>
        EncoderScore.Of(encoder, _images, _device, _seed, _kind, _normalisation);
}
