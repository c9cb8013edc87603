using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// Chooses the learning rate of fine-tuning: each is trained with on the labelled images that are not held out, and scored on the
/// images held out (<see cref="ImageSplits.HeldOut"/>). The test images are not looked at.
/// </summary>
public static class FinetuneSweep
{
    /// <summary>Tries every rate.</summary>
    /// <param name="create">Makes the network to train, the same each time; disposed here.</param>
    /// <param name="images">The images, some of them held out.</param>
    /// <param name="labelled">The positions of the labelled training images, at least 2 of them not held out.</param>
    /// <param name="augmentation">As for <see cref="FineTuner"/>.</param>
    /// <param name="options">How it is trained, and the rates.</param>
    /// <param name="seed">Seeds order and augmentation.</param>
    /// <param name="device">Where the networks live.</param>
    /// <param name="normalisation">What the encoder was pretrained with; null for the defaults.</param>
    /// <param name="report">Called after each rate.</param>
    /// <returns>The rates in their order; one that diverges misses every image.</returns>
    /// <exception cref="InvalidOptionsException">No image is held out, or too few labelled images are left.</exception>
    /// <exception cref="TrainingDivergedException">Every rate diverged.</exception>
    public static IReadOnlyList<ProbedRate> Of(
        Func<ImageClassifier> create,
        ImageSplits images,
        IReadOnlyList<int> labelled,
        AugmentationOptions augmentation,
        FinetuneOptions options,
        int seed,
        Device device,
        Normalisation? normalisation,
        Action<ProbedRate> report)
    {
        ArgumentNullException.ThrowIfNull(create);
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(report);
        var heldOut = images.Validation ?? throw new InvalidOptionsException(
            "No training images are held out, on which a learning rate of several could be chosen: hold some out with ValidationShare, or give one rate.");
        int[] kept = [.. labelled.Except(images.HeldOut)];
        if (kept.Length < 2)
        {
            throw new InvalidOptionsException($"{kept.Length} labelled images are not held out; a sweep of learning rates needs at least 2.");
        }

        var fit = images.Train.Subset(kept);
        var sweep = new List<ProbedRate>();
        var diverged = new List<TrainingDivergedException>();
        foreach (var rate in options.LearningRates)
        {
            using var network = create();
            using var tuner = new FineTuner(network, fit, augmentation, options with { LearningRate = rate }, seed, device, normalisation);
            sweep.Add(new ProbedRate(rate, Reached(tuner, heldOut, diverged)));
            report(sweep[^1]);
        }

        return diverged.Count < sweep.Count ? sweep : throw diverged[0];
    }

    private static double Reached(FineTuner tuner, ImageSource heldOut, List<TrainingDivergedException> diverged)
    {
        try
        {
            tuner.Run((_, _) => { });
            return tuner.AccuracyOn(heldOut).Top1;
        }
        catch (TrainingDivergedException e)
        {
            diverged.Add(e);
            return 0;
        }
    }
}
