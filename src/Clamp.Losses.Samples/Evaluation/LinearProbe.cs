using Clamp.Losses.Samples.Training;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Evaluation;

/// <summary>
/// Linear evaluation: a softmax classifier on standardised frozen features, trained by SGD with momentum and a cosine schedule. The
/// learning rate is the one of a small sweep that does best on a tenth of the training images held out; the test images choose nothing.
/// </summary>
public static class LinearProbe
{
    private const int Epochs = 40;
    private const int BatchSize = 256;
    private const double Momentum = 0.9;
    private const double WeightDecay = 1e-4;
    private const double HeldOutShare = 0.1;
    private static readonly double[] LearningRates = [0.01, 0.03, 0.1, 0.3];

    /// <summary>Trains on one set and scores another.</summary>
    /// <param name="train">Training features; at least 10 images.</param>
    /// <param name="test">Test features.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="seed">Seeds the hold-out, the initial weights and the order.</param>
    /// <returns>Top-1 accuracy on the test set, 0 to 1.</returns>
    /// <exception cref="ArgumentException">There are fewer than 10 training images.</exception>
    public static double Accuracy(FeatureSet train, FeatureSet test, int classes, int seed)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(test);
        if (train.Count < 1 / HeldOutShare)
        {
            throw new ArgumentException($"{train.Count} training images were given; the probe needs at least 10.", nameof(train));
        }

        using var scope = NewDisposeScope();
        var (shift, scale) = (train.Features.mean([0]), train.Features.std(0).clamp_min(1e-6));
        var (standardTrain, standardTest) = (train.Standardised(shift, scale), test.Standardised(shift, scale));
        return TrainedScore(standardTrain, standardTest, classes, BestLearningRate(standardTrain, classes, seed), seed);
    }

    private static double BestLearningRate(FeatureSet train, int classes, int seed)
    {
        using var generator = new Generator((ulong)seed);
        var order = randperm(train.Count, generator: generator, device: train.Features.device);
        var heldOut = (int)(train.Count * HeldOutShare);
        var (fit, held) = (train.At(order[heldOut..]), train.At(order[..heldOut]));
        return LearningRates.MaxBy(rate => TrainedScore(fit, held, classes, rate, seed));
    }

    private static double TrainedScore(FeatureSet train, FeatureSet test, int classes, double learningRate, int seed)
    {
        using var classifier = Trained(train, classes, learningRate, seed);
        return Score(classifier, test);
    }

    private static nn.Module<Tensor, Tensor> Trained(FeatureSet train, int classes, double learningRate, int seed)
    {
        using var generator = new Generator((ulong)seed);
        var classifier = nn.Linear(train.Features.shape[1], classes, device: train.Features.device);
        nn.init.zeros_(classifier.weight!);
        nn.init.zeros_(classifier.bias!);
        using var optimizer = optim.SGD(classifier.parameters(), learningRate, Momentum, weight_decay: WeightDecay);
        var stepsPerEpoch = (int)((train.Count + BatchSize - 1) / BatchSize);
        var schedule = new CosineSchedule(learningRate, WarmupSteps: 0, Epochs * stepsPerEpoch);
        for (int epoch = 0; epoch < Epochs; epoch++)
        {
            using var scope = NewDisposeScope();
            var batches = randperm(train.Count, generator: generator, device: train.Features.device).split(BatchSize);
            for (int i = 0; i < batches.Length; i++)
            {
                schedule.Apply(optimizer, epoch * stepsPerEpoch + i);
                Step(classifier, optimizer, train.At(batches[i]));
            }
        }

        return classifier;
    }

    private static void Step(nn.Module<Tensor, Tensor> classifier, optim.Optimizer optimizer, FeatureSet batch)
    {
        using var scope = NewDisposeScope();
        optimizer.zero_grad();
        nn.functional.cross_entropy(classifier.call(batch.Features), batch.Labels).backward();
        optimizer.step();
    }

    private static double Score(nn.Module<Tensor, Tensor> classifier, FeatureSet test)
    {
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        return (classifier.call(test.Features).argmax(1) == test.Labels).to(float64).mean().item<double>();
    }
}
