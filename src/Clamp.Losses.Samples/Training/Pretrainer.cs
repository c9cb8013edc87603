using System.Diagnostics;
using Clamp.Losses.Samples.Augmentation;
using Clamp.Losses.Samples.Data;
using Clamp.Losses.Samples.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Training;

/// <summary>Self-supervised pretraining: views of a batch, through encoder and projection head, packed by <see cref="ClampLoss"/>.</summary>
public sealed class Pretrainer : IDisposable
{
    private readonly PretrainOptions _options;
    private readonly LabelledImages _images;
    private readonly Device _device;
    private readonly EpochSampler _sampler;
    private readonly CosineSchedule _schedule;
    private readonly MultiViewAugmentation _augmentation;
    private readonly ClampLoss _criterion;
    private readonly ProjectionHead _head;
    private readonly optim.Optimizer _optimizer;

    /// <summary>Builds the networks, with weights drawn from the options' seed, and the optimiser.</summary>
    /// <param name="options">Valid options.</param>
    /// <param name="images">The training images; their labels are not used.</param>
    /// <param name="device">Where to train.</param>
    public Pretrainer(PretrainOptions options, LabelledImages images, Device device)
    {
        (_options, _images, _device) = (options, images, device);
        _sampler = new EpochSampler(images.Count, options.BatchSize, options.Seed);
        _schedule = new CosineSchedule(options.LearningRate, (int)(options.WarmupShare * TotalSteps), TotalSteps);
        _augmentation = new MultiViewAugmentation(options.Augmentation, options.Seed);
        _criterion = new ClampLoss(options.Clamp);

        random.manual_seed(options.Seed);
        Encoder = Encoders.Create(options.Encoder).to(device);
        _head = new ProjectionHead(Encoder.FeatureWidth, options.Projection).to(device);
        _optimizer = optim.AdamW(
            Encoder.parameters().Concat(_head.parameters()), options.LearningRate, weight_decay: options.WeightDecay);
    }

    /// <summary>The network being trained.</summary>
    public ResNet Encoder { get; }

    /// <summary>All steps of the run.</summary>
    public int TotalSteps => _options.Epochs * _sampler.BatchesPerEpoch;

    /// <summary>Trains to the end.</summary>
    /// <param name="report">Called after each step.</param>
    /// <exception cref="TrainingDivergedException">The loss became NaN or infinite.</exception>
    public void Run(Action<StepMetrics> report)
    {
        ArgumentNullException.ThrowIfNull(report);
        Encoder.train();
        _head.train();
        var (step, seen, clock) = (0, 0L, Stopwatch.StartNew());
        for (int epoch = 0; epoch < _options.Epochs; epoch++)
        {
            foreach (var batch in _sampler.Batches(epoch))
            {
                var metrics = Step(batch, epoch, step++);
                seen += batch.Length;
                report(metrics with { ImagesPerSecond = seen / clock.Elapsed.TotalSeconds });
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _optimizer.Dispose();
        _head.Dispose();
        Encoder.Dispose();
        _criterion.Dispose();
    }

    private StepMetrics Step(int[] batch, int epoch, int step)
    {
        using var scope = NewDisposeScope();
        var embeddings = Embed(Views(batch, epoch));
        var loss = _criterion.forward(embeddings);
        var metrics = Measure(embeddings.detach(), loss.item<float>(), epoch, step);
        _optimizer.zero_grad();
        loss.backward();
        foreach (var group in _optimizer.ParamGroups)
        {
            group.LearningRate = metrics.LearningRate;
        }

        _optimizer.step();
        return metrics;
    }

    private Tensor Views(int[] batch, int epoch)
    {
        var samples = Array.ConvertAll(batch, index => (long)index);
        return _augmentation.Views(_images.Pixels(batch).to(_device), samples, epoch, _options.Views, _images.Height);
    }

    /// <summary>z, [V, B, D], of views [V, B, 3, H, W].</summary>
    private Tensor Embed(Tensor views)
    {
        var embeddings = _head.call(Encoder.call(views.flatten(0, 1)));
        return embeddings.unflatten(0, views.shape[0], views.shape[1]);
    }

    private StepMetrics Measure(Tensor embeddings, double loss, int epoch, int step)
    {
        if (!double.IsFinite(loss))
        {
            throw new TrainingDivergedException(
                $"The loss is {loss} at step {step + 1}: the weights have diverged. Lower --learning-rate, which is {_options.LearningRate}.");
        }

        using var geometry = _criterion.Measure(embeddings);
        return new StepMetrics(
            step + 1,
            epoch + 1,
            loss,
            _schedule.At(step),
            ImagesPerSecond: 0,
            geometry.MeanContacts,
            geometry.MeanRadius,
            geometry.RattlerFraction,
            geometry.NearestCentroidAccuracy,
            geometry.ParticipationRatio,
            geometry.Verdict);
    }
}
