using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>A linear softmax classifier on features, which starts at zero and is trained an epoch at a time.</summary>
internal sealed class SoftmaxClassifier : IDisposable
{
    private const int ScoredAtOnce = 4096;

    private readonly TorchSharp.Modules.Linear _linear;
    private readonly optim.Optimizer _optimizer;
    private readonly CosineSchedule _schedule;
    private readonly Generator _generator;
    private readonly Standardisation _standard;
    private readonly int _batchSize;
    private int _step;

    /// <summary>Creates the classifier.</summary>
    /// <param name="standard">Standardises what it is shown.</param>
    /// <param name="count">The images of an epoch.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="learningRate">The peak learning rate.</param>
    /// <param name="options">How it is trained; the learning rates are not used.</param>
    /// <param name="seed">Seeds the order.</param>
    public SoftmaxClassifier(Standardisation standard, long count, int classes, double learningRate, ProbeOptions options, int seed)
    {
        (LearningRate, _standard) = (learningRate, standard);
        _batchSize = options.BatchSize;
        _generator = new Generator((ulong)seed);
        _linear = nn.Linear(standard.Shift.shape[0], classes, device: standard.Shift.device);
        nn.init.zeros_(_linear.weight!);
        nn.init.zeros_(_linear.bias!);
        _optimizer = options.Optimizer switch
        {
            ProbeOptimizer.Adam => optim.Adam(_linear.parameters(), learningRate, weight_decay: options.WeightDecay),
            ProbeOptimizer.AdamW => new AdamW(_linear.parameters(), learningRate, options.WeightDecay),
            _ => new SGD([new() { Parameters = _linear.parameters() }], learningRate, options.Momentum, options.WeightDecay),
        };
        var stepsPerEpoch = (int)((count + _batchSize - 1) / _batchSize);
        _schedule = new CosineSchedule(learningRate, WarmupSteps: 0, options.Epochs * stepsPerEpoch);
    }

    /// <summary>The peak learning rate.</summary>
    public double LearningRate { get; }

    /// <summary>Whether training has kept every weight a finite number.</summary>
    public bool IsFinite
    {
        get
        {
            using var scope = NewDisposeScope();
            return _linear.parameters().All(parameter => parameter.isfinite().all().item<bool>());
        }
    }

    /// <summary>Trains on each of some images once, in a new random order.</summary>
    /// <param name="train">The set that they are in.</param>
    /// <param name="rows">[n], int64, their places.</param>
    public void TrainEpoch(FeatureSet train, Tensor rows)
    {
        using var scope = NewDisposeScope();
        var order = rows.index_select(0, randperm(rows.shape[0], generator: _generator).to(rows.device));
        foreach (var batch in order.split(_batchSize))
        {
            using var step = NewDisposeScope();
            _schedule.Apply(_optimizer, _step++);
            Step(train.At(batch));
        }
    }

    /// <summary>The accuracy on some images; a classifier that has diverged misses every one.</summary>
    /// <param name="test">The set that they are in.</param>
    /// <param name="rows">[n], int64, their places; n at least 1.</param>
    public Accuracy AccuracyOn(FeatureSet test, Tensor rows)
    {
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        var (top1, top5) = (0L, 0L);
        foreach (var batch in rows.split(ScoredAtOnce))
        {
            using var part = NewDisposeScope();
            var images = test.At(batch);
            var hits = Accuracy.Hits(_linear.call(_standard.Apply(images.Features)), images.Labels);
            (top1, top5) = (top1 + hits.Top1, top5 + hits.Top5);
        }

        return Accuracy.Share(top1, top5, rows.shape[0]);
    }

    /// <summary>The class that scores highest for each image: [N], int64.</summary>
    /// <param name="set">The images; N at least 1.</param>
    public Tensor Predict(FeatureSet set)
    {
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        var parts = set.Features.split(ScoredAtOnce).Select(features => _linear.call(_standard.Apply(features)).argmax(1));
        return cat([.. parts]).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _linear.Dispose();
        _generator.Dispose();
    }

    private void Step(FeatureSet batch)
    {
        _optimizer.zero_grad();
        nn.functional.cross_entropy(_linear.call(_standard.Apply(batch.Features)), batch.Labels).backward();
        _optimizer.step();
    }
}
