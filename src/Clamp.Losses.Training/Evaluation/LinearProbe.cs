using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// Linear evaluation: a softmax classifier on frozen features, standardised unless told otherwise, with a cosine schedule. The learning
/// rate is the one of a sweep that does best on training images held out, those of <see cref="ImageSplits.HeldOut"/> where there are any;
/// the test images choose nothing.
/// </summary>
public static class LinearProbe
{
    /// <summary>Chooses the learning rate, trains on all training images and scores the test images.</summary>
    /// <param name="features">The features; at least one training image is held out and one is not.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="seed">Seeds the hold-out and the order.</param>
    /// <param name="options">How it is trained; the defaults where null.</param>
    /// <returns>The result.</returns>
    /// <exception cref="ArgumentException">Options are out of range, or there are too few training images.</exception>
    /// <exception cref="TrainingDivergedException">Every learning rate diverged, or the features are not numbers.</exception>
    public static ProbeResult Evaluate(ProbeFeatures features, int classes, int seed, ProbeOptions? options = null)
    {
        var (result, predictions) = Predict(features, classes, seed, options);
        predictions.Dispose();
        return result;
    }

    /// <summary>As <see cref="Evaluate"/>, with the class that each test image is taken for.</summary>
    /// <param name="features">The features; at least one training image is held out and one is not.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="seed">Seeds the hold-out and the order.</param>
    /// <param name="options">How it is trained; the defaults where null.</param>
    /// <returns>The result, and [N], int64, on the features' device: the caller's to dispose.</returns>
    /// <exception cref="ArgumentException">Options are out of range, or there are too few training images.</exception>
    /// <exception cref="TrainingDivergedException">Every learning rate diverged, or the features are not numbers.</exception>
    public static (ProbeResult Result, Tensor Predictions) Predict(ProbeFeatures features, int classes, int seed, ProbeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(features);
        options ??= new ProbeOptions();
        options.Validate();

        // A caller who takes features without recording may still be in that mode, in which nothing trains.
        using var recorded = inference_mode(false);
        using var scope = NewDisposeScope();
        var standard = options.Standardise ? Standardisation.Of(features.Train.Features) : Standardisation.None(features.Train.Features);
        var sweep = Sweep(features, standard, classes, seed, options);
        var best = sweep.MaxBy(rate => rate.HeldOutTop1)!.LearningRate;
        using var classifier = Trained([best], features, All(features.Train), standard, classes, seed, options)[0];
        return classifier.IsFinite
            ? (new ProbeResult(classifier.AccuracyOn(features.Test, All(features.Test)), best, sweep), classifier.Predict(features.Test).MoveToOuterDisposeScope())
            : throw new TrainingDivergedException(FormattableString.Invariant(
                $"The probe's weights are not finite at learning rate {best}, the best tried: lower the learning rates, or check the features."));
    }

    private static Tensor All(FeatureSet set) =>
        arange(KeptScalars.Of(0), KeptScalars.Of(set.Count), KeptScalars.One, device: set.Features.device);

    private static List<ProbedRate> Sweep(ProbeFeatures features, Standardisation standard, int classes, int seed, ProbeOptions options)
    {
        using var scope = NewDisposeScope();
        var (kept, held) = features.Split(options.HeldOutShare, seed);
        var rates = options.LearningRates.Select(rate => PretrainOptions.Scaled(rate, options.LearningRateScaling, options.BatchSize));
        var classifiers = Trained(rates, features, kept, standard, classes, seed, options);
        return classifiers.ConvertAll(classifier =>
        {
            using (classifier)
            {
                return new ProbedRate(classifier.LearningRate, classifier.AccuracyOn(features.Train, held).Top1);
            }
        });
    }

    // All learning rates side by side, because augmented features cost far more than the steps on them.
    private static List<SoftmaxClassifier> Trained(
        IEnumerable<double> learningRates,
        ProbeFeatures features,
        Tensor rows,
        Standardisation standard,
        int classes,
        int seed,
        ProbeOptions options)
    {
        var classifiers = learningRates.Select(rate => new SoftmaxClassifier(standard, rows.shape[0], classes, rate, options, seed)).ToList();
        for (int epoch = 0; epoch < options.Epochs; epoch++)
        {
            using var scope = NewDisposeScope();
            var shown = features.Epoch(epoch);
            classifiers.ForEach(classifier => classifier.TrainEpoch(shown, rows));
        }

        return classifiers;
    }
}
