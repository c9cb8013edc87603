using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// Supervised training of a whole network on few labelled images: crops and flips, the encoder at a rate of its own. The last epoch's
/// weights count; the test images choose nothing.
/// </summary>
public sealed class FineTuner : IDisposable
{
    private readonly ImageClassifier _network;
    private readonly ImageSource _images;
    private readonly ViewLoader _loader;
    private readonly FinetuneOptions _options;
    private readonly Device _device;
    private readonly Normalisation? _normalisation;
    private readonly EpochSampler _sampler;
    private readonly CosineSchedule _schedule;
    private readonly SGD _optimizer;

    /// <summary>Prepares the training.</summary>
    /// <param name="network">The network; it stays the caller's.</param>
    /// <param name="images">The labelled images, at least 2.</param>
    /// <param name="augmentation">The augmentation of the pretraining, of which the crops and flips are used.</param>
    /// <param name="options">How it is trained.</param>
    /// <param name="seed">Seeds order and augmentation.</param>
    /// <param name="device">Where the network lives.</param>
    /// <param name="normalisation">What the encoder was pretrained with; null for the defaults.</param>
    /// <exception cref="ArgumentException">Options are out of range, or there are too few images.</exception>
    public FineTuner(
        ImageClassifier network,
        ImageSource images,
        AugmentationOptions augmentation,
        FinetuneOptions options,
        int seed,
        Device device,
        Normalisation? normalisation = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(augmentation);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (_network, _images, _options, _device, _normalisation) = (network, images, options, device, normalisation);
        _loader = new ViewLoader(images, new MultiViewAugmentation([augmentation.CropsAndFlips()], seed, normalisation), views: 1, device);
        _sampler = new EpochSampler(images.Count, options.BatchSize, seed);
        Pretrainer.ThrowIfTooLong(options.Epochs, _sampler.BatchesPerEpoch);
        _schedule = new CosineSchedule(options.LearningRate, WarmupSteps: 0, options.Epochs * _sampler.BatchesPerEpoch);
        TorchSharp.Modules.SGD.ParamGroup[] groups =
        [
            new() { Parameters = [.. network.EncoderParameters] },
            new() { Parameters = [.. network.ClassifierParameters] },
        ];
        _optimizer = new SGD(groups, options.LearningRate, options.Momentum, options.WeightDecay, nesterov: true);
    }

    /// <summary>Trains to the end.</summary>
    /// <param name="report">Called after each epoch, from 1, with its mean loss.</param>
    /// <returns>The mean loss of the last epoch.</returns>
    /// <exception cref="TrainingDivergedException">The loss became NaN or infinite.</exception>
    public double Run(Action<int, double> report)
    {
        ArgumentNullException.ThrowIfNull(report);
        _network.train();
        var (step, loss) = (0, 0.0);
        for (int epoch = 0; epoch < _options.Epochs; epoch++)
        {
            var batches = _sampler.Batches(epoch).ToList();
            loss = batches.Zip(_loader.Load(batches, epoch), (batch, input) => Step(batch, input, step++) * batch.Length).Sum() / _images.Count;
            ThrowIfDiverged(loss, epoch);
            report(epoch + 1, loss);
        }

        return loss;
    }

    /// <summary>The accuracy of the network, in eval mode, on a whole test set.</summary>
    /// <param name="test">The test images.</param>
    /// <returns>The accuracy.</returns>
    public Accuracy AccuracyOn(ImageSource test)
    {
        using var scores = FeatureExtractor.Extract(_network, test, _device, _normalisation);
        return Accuracy.Of(scores.Features, scores.Labels);
    }

    /// <inheritdoc/>
    public void Dispose() => _optimizer.Dispose();

    private double Step(int[] batch, Func<Tensor> input, int step)
    {
        using var scope = NewDisposeScope();
        ApplyRates(_schedule.At(step));
        _optimizer.zero_grad();
        var labels = tensor(Array.ConvertAll(batch, index => (long)_images.Labels[index]), device: _device);
        var loss = nn.functional.cross_entropy(_network.call(input().squeeze(0)), labels);
        loss.backward();
        _optimizer.step();
        return loss.item<float>();
    }

    private void ApplyRates(double rate)
    {
        var groups = _optimizer.ParamGroups.ToList();
        (groups[0].LearningRate, groups[1].LearningRate) = (rate * _options.EncoderRateScale, rate);
    }

    private void ThrowIfDiverged(double loss, int epoch)
    {
        if (!double.IsFinite(loss))
        {
            throw new TrainingDivergedException(
                $"The loss is {loss} in epoch {epoch + 1}: the weights have diverged. Lower the learning rate, which is {_options.LearningRate}.");
        }
    }
}
