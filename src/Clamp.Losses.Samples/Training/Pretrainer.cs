using System.Diagnostics;
using Clamp.Losses.Samples.Augmentation;
using Clamp.Losses.Samples.Data;
using Clamp.Losses.Samples.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Training;

/// <summary>
/// Self-supervised pretraining: views of a batch, through encoder and projection head, packed by <see cref="ClampLoss"/> or another loss.
/// </summary>
public sealed class Pretrainer : IDisposable
{
    private readonly PretrainOptions _options;
    private readonly EpochSampler _sampler;
    private readonly CosineSchedule _schedule;
    private readonly ViewLoader _loader;
    private readonly nn.Module<Tensor, Tensor> _criterion;
    private readonly ClampLoss _packing;
    private readonly GradientCache? _cache;
    private readonly ProjectionHead _head;
    private readonly optim.Optimizer _optimizer;

    /// <summary>Builds the networks, with weights drawn from the options' seed, and the optimiser.</summary>
    /// <param name="options">Valid options.</param>
    /// <param name="images">The training images; their labels are not used.</param>
    /// <param name="device">Where to train.</param>
    public Pretrainer(PretrainOptions options, LabelledImages images, Device device)
    {
        _options = options;
        _sampler = new EpochSampler(images.Count, options.BatchSize, options.Seed);
        _schedule = new CosineSchedule(options.LearningRate, (int)(options.WarmupShare * TotalSteps), TotalSteps);
        _loader = new ViewLoader(images, new MultiViewAugmentation(options.Augmentation, options.Seed), options.Views, device);
        _criterion = Criteria.Create(options);
        _packing = new ClampLoss(options.Clamp);
        _cache = options.Chunk > 0 ? new GradientCache(_packing, options.Chunk) : null;

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
            foreach (var batch in _loader.Load(_sampler.Batches(epoch), epoch))
            {
                var metrics = Step(batch, epoch, step++);
                seen += batch.Count;
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
        _packing.Dispose();
    }

    private StepMetrics Step(ViewBatch batch, int epoch, int step)
    {
        using var scope = NewDisposeScope();
        _optimizer.zero_grad();
        var (loss, embeddings) = Backward(batch.Views());
        var metrics = Measure(embeddings, loss.item<float>(), epoch, step);
        _schedule.Apply(_optimizer, step);
        _optimizer.step();
        return metrics;
    }

    /// <summary>Fills the gradients from views [V, B, 3, H, W]; returns the loss and z, [V, B, D], both without a graph.</summary>
    private (Tensor Loss, Tensor Embeddings) Backward(Tensor views)
    {
        if (_cache is not null)
        {
            return (_cache.Backward(Embed, views, out var cached), cached);
        }

        var embeddings = Embed(views.flatten(0, 1)).unflatten(0, views.shape[0], views.shape[1]);
        var loss = _criterion.call(embeddings);
        loss.backward();
        return (loss.detach(), embeddings.detach());
    }

    private Tensor Embed(Tensor images) => _head.call(Encoder.call(images));

    private StepMetrics Measure(Tensor embeddings, double loss, int epoch, int step)
    {
        if (!double.IsFinite(loss))
        {
            throw new TrainingDivergedException(
                $"The loss is {loss} at step {step + 1}: the weights have diverged. Lower --learning-rate, which is {_options.LearningRate}.");
        }

        using var geometry = _packing.Measure(embeddings);
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
