using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>A linear softmax classifier on features, which starts at zero and is trained an epoch at a time.</summary>
internal sealed class SoftmaxClassifier : IDisposable
{
    private readonly TorchSharp.Modules.Linear _linear;
    private readonly optim.Optimizer _optimizer;
    private readonly CosineSchedule _schedule;
    private readonly Generator _generator;
    private readonly int _batchSize;
    private int _step;

    /// <summary>Creates the classifier.</summary>
    /// <param name="train">Features like those it will see, and as many in an epoch.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="learningRate">The peak learning rate.</param>
    /// <param name="options">How it is trained; the learning rates are not used.</param>
    /// <param name="seed">Seeds the order.</param>
    public SoftmaxClassifier(FeatureSet train, int classes, double learningRate, ProbeOptions options, int seed)
    {
        LearningRate = learningRate;
        _batchSize = options.BatchSize;
        _generator = new Generator((ulong)seed);
        _linear = nn.Linear(train.Features.shape[1], classes, device: train.Features.device);
        nn.init.zeros_(_linear.weight!);
        nn.init.zeros_(_linear.bias!);
        _optimizer = options.Optimizer switch
        {
            ProbeOptimizer.Adam => optim.Adam(_linear.parameters(), learningRate, weight_decay: options.WeightDecay),
            ProbeOptimizer.AdamW => optim.AdamW(_linear.parameters(), learningRate, weight_decay: options.WeightDecay),
            _ => optim.SGD(_linear.parameters(), learningRate, options.Momentum, weight_decay: options.WeightDecay),
        };
        var stepsPerEpoch = (int)((train.Count + _batchSize - 1) / _batchSize);
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

    /// <summary>Trains on every image once, in a new random order.</summary>
    public void TrainEpoch(FeatureSet train)
    {
        using var scope = NewDisposeScope();
        var order = randperm(train.Count, generator: _generator).to(train.Features.device);
        foreach (var batch in order.split(_batchSize))
        {
            _schedule.Apply(_optimizer, _step++);
            Step(train.At(batch));
        }
    }

    /// <summary>The accuracy on a whole set; a classifier that has diverged misses every image.</summary>
    public Accuracy AccuracyOn(FeatureSet test)
    {
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        return Accuracy.Of(_linear.call(test.Features), test.Labels);
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _linear.Dispose();
        _generator.Dispose();
    }

    private void Step(FeatureSet batch)
    {
        using var scope = NewDisposeScope();
        _optimizer.zero_grad();
        nn.functional.cross_entropy(_linear.call(batch.Features), batch.Labels).backward();
        _optimizer.step();
    }
}
