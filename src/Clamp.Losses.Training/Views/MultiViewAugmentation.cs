using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// Makes the random views that self-supervised learning compares, by batched tensor operations on the images' device. A view depends on
/// (seed, epoch, sample, view) alone, up to rounding, never on the batch that it is made in.
/// </summary>
/// <remarks>Holds no state between calls: any number of threads may share one.</remarks>
public sealed class MultiViewAugmentation
{
    private readonly AugmentationOptions[] _transforms;
    private readonly int _seed;
    private readonly Normalisation _normalisation;

    /// <summary>Creates the augmentation.</summary>
    /// <param name="options">The distributions to draw from; copied.</param>
    /// <param name="seed">The run's seed, any value.</param>
    /// <exception cref="ArgumentException">Options are out of range.</exception>
    public MultiViewAugmentation(AugmentationOptions options, int seed)
        : this([options], seed)
    {
    }

    /// <summary>Creates an augmentation whose views take turns: view v is made by transform v modulo their number.</summary>
    /// <param name="transforms">The distributions to draw from, at least one; copied.</param>
    /// <param name="seed">The run's seed, any value.</param>
    /// <param name="normalisation">What follows the augmentation; null for the defaults.</param>
    /// <exception cref="ArgumentException">There is no transform, or options are out of range.</exception>
    public MultiViewAugmentation(IReadOnlyList<AugmentationOptions> transforms, int seed, Normalisation? normalisation = null)
    {
        ArgumentNullException.ThrowIfNull(transforms);
        if (transforms.Count == 0)
            throw new ArgumentException("No transform given; allowed: at least one.", nameof(transforms));

        foreach (var options in transforms)
        {
            ArgumentNullException.ThrowIfNull(options, nameof(transforms));
            options.Validate();
        }

        _transforms = [.. transforms.Select(options => options with { })];
        _seed = seed;
        _normalisation = normalisation ?? new Normalisation();
        _normalisation.Validate();
    }

    /// <summary>Makes views of a batch of images. Nothing is recorded for autograd, and the images stay as they are.</summary>
    /// <param name="images">[B, 3, H, W], uint8, any device, B &gt;= 1.</param>
    /// <param name="samples">The B images' indices in their data set.</param>
    /// <param name="epoch">The epoch, at least 0.</param>
    /// <param name="views">The number of views V, at least 1.</param>
    /// <param name="outputSize">Height and width S of the views, at least 2.</param>
    /// <returns>[V, B, 3, S, S], float32, normalised, on the images' device: the caller's to dispose.</returns>
    /// <exception cref="ArgumentException">
    /// The images' shape or type is another, or <paramref name="samples"/> is not as long as the batch.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is below its least value.</exception>
    public Tensor Views(Tensor images, ReadOnlySpan<long> samples, int epoch, int views, int outputSize)
    {
        ArgumentNullException.ThrowIfNull(images);
        if (images.dim() == 4 && samples.Length != images.shape[0])
            throw new ArgumentException($"{samples.Length} samples given; allowed: {images.shape[0]}, one an image.", nameof(samples));
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        ArgumentOutOfRangeException.ThrowIfLessThan(views, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputSize, 2);

        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var pixels = Normalisation.Values(images, nameof(images));
        var result = empty([views, images.shape[0], 3, outputSize, outputSize], ScalarType.Float32, images.device);
        for (var view = 0; view < views; view++)
            FillView(result.select(0, view), pixels, samples, epoch, view);
        return _normalisation.ApplyTo(result).MoveToOuterDisposeScope();
    }

    /// <summary>Makes views of crops that were taken elsewhere: all that follows the crop and the flip.</summary>
    /// <param name="crops">[V, B, 3, S, S], uint8, any device; S at least 2.</param>
    /// <param name="parameters">For each of the V views, the <see cref="Parameters(long, int, int, int, int)"/> of its B samples.</param>
    /// <param name="epoch">The epoch, at least 0.</param>
    /// <returns>[V, B, 3, S, S], float32, normalised, on the crops' device: the caller's to dispose.</returns>
    /// <exception cref="ArgumentException">The crops' shape or type is another, or differs from the parameters'.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The epoch is negative.</exception>
    public Tensor Finish(Tensor crops, IReadOnlyList<IReadOnlyList<ViewParameters>> parameters, int epoch)
    {
        ArgumentNullException.ThrowIfNull(crops);
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        if (crops.dim() != 5 || parameters.Count != crops.shape[0] || parameters.Any(view => view.Count != crops.shape[1]))
        {
            var counts = string.Join(", ", parameters.Select(view => view.Count));
            throw new ArgumentException(
                $"Crops of shape [{string.Join(", ", crops.shape)}] given, with parameters for [{counts}] of them; "
                + "allowed: [V, B, 3, S, S], with parameters for V times B.",
                nameof(crops));
        }

        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var result = Normalisation.Values(crops.flatten(0, 1), nameof(crops)).reshape(crops.shape);
        for (var view = 0; view < parameters.Count; view++)
            Recolour(result.select(0, view), parameters[view], epoch, view);
        return _normalisation.ApplyTo(result).MoveToOuterDisposeScope();
    }

    /// <summary>The parameters with which <see cref="Views"/> makes one view.</summary>
    /// <param name="sample">The sample's index in its data set.</param>
    /// <param name="epoch">The epoch.</param>
    /// <param name="view">The view's number, from 0.</param>
    /// <param name="height">The image's height, at least 1.</param>
    /// <param name="width">The image's width, at least 1.</param>
    public ViewParameters Parameters(long sample, int epoch, int view, int height, int width)
    {
        var random = new KeyedRandom(_seed, epoch, sample, view);
        return ViewParameters.Draw(TransformOf(view), random, height, width);
    }

    private void FillView(Tensor destination, Tensor pixels, ReadOnlySpan<long> samples, int epoch, int view)
    {
        var parameters = Parameters(samples, epoch, view, pixels.shape);
        var size = (int)destination.shape[^1];
        using (var crops = ResizedCrop.Apply(pixels, parameters, size))
            destination.copy_(crops);
        Recolour(destination, parameters, epoch, view);
    }

    private void Recolour(Tensor destination, IReadOnlyList<ViewParameters> parameters, int epoch, int view)
    {
        var jittered = new RowSelection(parameters, p => p.Jitter);
        jittered.ApplyTo(destination, rows => ColourJitter.ApplyTo(rows, jittered.Views, ColourJitter.Order(_seed, epoch, view)));
        new RowSelection(parameters, p => p.Grayscale).ApplyTo(destination, ColourChanges.Grayscale);
        var blurred = new RowSelection(parameters, p => p.Blur);
        blurred.ApplyTo(destination, rows => Blur(rows, blurred.Views));
        var threshold = TransformOf(view).SolarizeThreshold;
        new RowSelection(parameters, p => p.Solarize).ApplyTo(destination, rows => ColourChanges.Solarize(rows, threshold));
    }

    private AugmentationOptions TransformOf(int view) => _transforms[view % _transforms.Length];

    private ViewParameters[] Parameters(ReadOnlySpan<long> samples, int epoch, int view, long[] shape)
    {
        var parameters = new ViewParameters[samples.Length];
        for (var i = 0; i < parameters.Length; i++)
            parameters[i] = Parameters(samples[i], epoch, view, (int)shape[2], (int)shape[3]);
        return parameters;
    }

    private static void Blur(Tensor images, IReadOnlyList<ViewParameters> views)
    {
        using var sigmas = tensor([.. views.Select(v => (float)v.BlurSigma)], ScalarType.Float32, images.device);
        GaussianBlur.ApplyTo(images, sigmas, GaussianBlur.KernelSize((int)images.shape[^1]));
    }
}
