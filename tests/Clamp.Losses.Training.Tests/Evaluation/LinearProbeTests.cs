using static TorchSharp.torch;

namespace Clamp.Losses.Training.Tests;

public sealed class LinearProbeTests : IDisposable
{
    private static readonly ProbeOptions Few = new() { Epochs = 5 };

    // At next to no rate the classifier goes by each feature alone; at the other it learns their difference.
    private static readonly ProbeOptions Hesitant = new() { LearningRates = [1e-9, 0.3], BatchSize = 16 };

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(ProbeOptimizer.Sgd)]
    [InlineData(ProbeOptimizer.AdamW)]
    public void Evaluate_SeparableClasses_IsRight(ProbeOptimizer optimizer) =>
        Evaluate(Separable(300, 100), new ProbeOptions { Optimizer = optimizer }).Test.Should().Be(new Accuracy(1, 1));

    [Fact]
    public void Evaluate_FeaturesThatTellNothing_IsAtChance() =>
        Evaluate(new ProbeFeatures(Clusters.Noise(600, 1), Clusters.Noise(600, 2)), new ProbeOptions())
            .Test.Top1.Should().BeInRange(0.25, 0.42, "chance is a third");

    [Fact]
    public void Evaluate_FeaturesOfHugeAndTinyScale_AreStandardised()
    {
        var (train, test) = (Clusters.Around(0.1, 300, 1), Clusters.Around(0.1, 100, 2));
        var scale = tensor(new[] { 1e4f, 1e-4f, 1f });
        var scaled = new ProbeFeatures(train with { Features = train.Features * scale }, test with { Features = test.Features * scale });

        Evaluate(scaled, new ProbeOptions()).Test.Top1.Should().Be(1);
    }

    [Theory]
    [InlineData(32)]
    [InlineData(97)]
    [InlineData(1000)]
    public void Evaluate_SizesThatDoNotDivide_ScoresEveryTestImage(int batchSize)
    {
        // One test image of 31 has the label of another class: a dropped one would change the share.
        var test = Clusters.Around(0.01, 31, 2);
        test.Labels[30] = 1;

        Evaluate(new ProbeFeatures(Clusters.Around(0.1, 100, 1), test), Few with { BatchSize = batchSize }).Test.Top1.Should().Be(30 / 31.0);
    }

    [Fact]
    public void Predict_TestImages_GetTheClassesThatTheScoreCounts()
    {
        var features = new ProbeFeatures(Clusters.Around(0.6, 300, 1), Clusters.Around(0.6, 5000, 2));

        var (result, predictions) = LinearProbe.Predict(features, Clusters.Classes, seed: 1, Few);

        result.Should().BeEquivalentTo(LinearProbe.Evaluate(features, Clusters.Classes, seed: 1, Few));
        ConfusionMatrix.Of(features.Test.Labels, predictions, Clusters.Classes).Accuracy.Should().BeApproximately(result.Test.Top1, 1e-12).And.BeInRange(0.5, 0.99);
    }

    [Fact]
    public void Evaluate_OfASweep_ReportsEveryRateAndTakesTheBestOnHeldOutImages()
    {
        var options = new ProbeOptions { LearningRates = [1e-9, 0.1], Epochs = 3 };
        var features = new ProbeFeatures(Clusters.Around(0.6, 300, 1), Clusters.Around(0.6, 100, 2));

        var result = Evaluate(features, options);

        result.Sweep.Select(rate => rate.LearningRate).Should().Equal(1e-9, 0.1);
        result.LearningRate.Should().Be(result.Sweep.MaxBy(rate => rate.HeldOutTop1)!.LearningRate);
    }

    [Fact]
    public void Evaluate_TestImages_DoNotChooseTheRate()
    {
        var train = Clusters.Around(1.5, 300, 1);

        var sweeps = new ulong[] { 2, 3 }.Select(seed => Evaluate(new ProbeFeatures(train, Clusters.Noise(50, seed)), Few).Sweep).ToList();

        sweeps[0].Should().Equal(sweeps[1]);
    }

    [Fact]
    public void Evaluate_HeldOutAndTestImagesDisagree_TakesTheRateOfTheHeldOutOnes()
    {
        var features = new ProbeFeatures(Correlated(300, 1), Misleading(300, 2)) { HeldOut = [.. Enumerable.Range(100, 60)] };

        var result = Evaluate(features, Hesitant);

        result.LearningRate.Should().Be(0.3);
        result.Sweep[1].HeldOutTop1.Should().BeGreaterThan(0.9).And.BeGreaterThan(result.Sweep[0].HeldOutTop1);
        result.Test.Top1.Should().BeLessThan(0.2);
        Evaluate(features, Hesitant with { LearningRates = [1e-9] }).Test.Top1.Should().BeGreaterThan(0.8, "a choice by test images would take it");
    }

    [Fact]
    public void Evaluate_HeldOutImagesOfTheDataSet_AreWhatTheRateIsChosenOn()
    {
        var (clear, misleading) = (Correlated(300, 1), Misleading(40, 2));
        var train = new FeatureSet(cat([clear.Features, misleading.Features]), cat([clear.Labels, misleading.Labels]));
        var features = new ProbeFeatures(train, clear) { HeldOut = [.. Enumerable.Range(300, (int)misleading.Count)] };

        Evaluate(features, Hesitant).LearningRate.Should().Be(1e-9);
        Evaluate(features with { HeldOut = null }, Hesitant).LearningRate.Should().Be(0.3);
    }

    [Fact]
    public void Evaluate_AugmentedFeatures_TrainOnThoseOfEveryEpoch()
    {
        var clear = Clusters.Around(0.1, 300, 1);
        var epochs = new List<int>();
        var features = new ProbeFeatures(Clusters.Noise(300, 3), Clusters.Around(0.1, 100, 2), epoch =>
        {
            epochs.Add(epoch);
            return clear.Features.clone();
        });

        var result = Evaluate(features, Few with { LearningRates = [0.1, 0.3] });

        result.Test.Top1.Should().Be(1, "the unaugmented features are noise");
        epochs.Should().Equal([0, 1, 2, 3, 4, 0, 1, 2, 3, 4], "the sweep shares an epoch's features, and the chosen rate trains again");
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void Evaluate_FeaturesTakenInInferenceMode_TrainsAllTheSame(bool standardise, bool throughout)
    {
        var images = new ImageSplits(ShapesGenerator.Generate(40, 16, seed: 1), ShapesGenerator.Generate(20, 16, seed: 2));
        using var encoder = ResNet.Tiny();
        ProbeFeatures Taken() => FeatureExtractor.Extract(encoder, images, CPU, normalisation: null);
        ProbeResult Probed(ProbeFeatures features) => LinearProbe.Evaluate(features, classes: 12, seed: 4, Few with { Standardise = standardise });
        var expected = Probed(Taken());
        ProbeFeatures features;
        ProbeResult? result = null;
        using (inference_mode())
        {
            features = Taken();
            if (throughout)
            {
                result = Probed(features);
            }
        }

        (result ?? Probed(features)).Should().BeEquivalentTo(expected);
    }

    [Fact]
    public void Evaluate_SameSeed_RepeatsTheResult()
    {
        var features = new ProbeFeatures(Clusters.Around(1.5, 200, 1), Clusters.Around(1.5, 300, 2));

        Evaluate(features, Few).Should().BeEquivalentTo(Evaluate(features, Few));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Evaluate_KeepsNoTensorAlive(bool augment)
    {
        var (train, test) = (Clusters.Around(1.5, 200, 1), Clusters.Around(1.5, 300, 2));
        var features = new ProbeFeatures(train, test, augment ? _ => train.Features.clone() : null);
        Evaluate(features, Few);
        var before = LiveTensors.Count;

        Evaluate(features, Few);

        LiveTensors.Count.Should().Be(before);
    }

    [Fact]
    public void Evaluate_TooFewImages_SaysHowManyAreNeeded()
    {
        var act = () => Evaluate(new ProbeFeatures(Clusters.Noise(9, 1), Clusters.Noise(9, 2)), Few);
        act.Should().Throw<ArgumentException>().WithMessage("9 training images*10*at least 10.");
    }

    [Fact]
    public void Evaluate_FeaturesThatAreNotNumbers_SaysSo()
    {
        var train = Clusters.Noise(30, 1);
        train.Features[7] = double.NaN;

        var act = () => Evaluate(new ProbeFeatures(train, Clusters.Noise(9, 2)), Few);

        act.Should().Throw<TrainingDivergedException>().WithMessage("*not finite*learning rates*features*");
    }

    [Fact]
    public void Validate_SeveralFaults_ListsEveryOne()
    {
        var options = new ProbeOptions { Epochs = 0, BatchSize = 0, LearningRates = [0.1, -1], Momentum = 1, WeightDecay = double.NaN, HeldOutShare = 1 };

        options.Invoking(o => o.Validate()).Should().Throw<ArgumentException>().Which.Message.Should().ContainAll(
            "Epochs is 0", "BatchSize is 0", "LearningRates is 0.1 -1", "Momentum is 1", "WeightDecay is NaN", "HeldOutShare is 1");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Validate_ARateThatCannotBeUsed_NamesIt(double rate)
    {
        var (probe, finetune) = (new ProbeOptions { LearningRates = [0.1, rate] }, new FinetuneOptions { LearningRates = [0.1, rate] });

        foreach (var validate in new[] { probe.Validate, finetune.Validate })
            validate.Should().Throw<InvalidOptionsException>().WithMessage($"LearningRates is 0.1 {rate}; it must be finite numbers above 0.");
    }

    [Fact]
    public void Validate_NoRates_SaysSo() => new ProbeOptions { LearningRates = [] }.Invoking(options => options.Validate())
        .Should().Throw<InvalidOptionsException>().WithMessage("LearningRates is empty; it must be at least one number.");

    /// <summary>Two classes that the difference of the features tells apart, and each feature hardly.</summary>
    private static FeatureSet Correlated(long count, ulong seed)
    {
        using var generator = new Generator(seed);
        var labels = arange(count) % 2;
        var noise = randn(count, generator: generator);
        return new FeatureSet(stack([noise + (labels * 0.6) - 0.3, noise], 1), labels);
    }

    /// <summary>Those of them whose first feature tells the other class, labelled as that.</summary>
    private static FeatureSet Misleading(long count, ulong seed)
    {
        var all = Correlated(count, seed);
        var misled = all.At(((all.Features.select(1, 0) > 0) != (all.Labels == 1)).nonzero().squeeze(1));
        return misled with { Labels = 1 - misled.Labels };
    }

    private static ProbeFeatures Separable(long train, long test) =>
        new(Clusters.Around(0.1, train, 1), Clusters.Around(0.1, test, 2));

    private static ProbeResult Evaluate(ProbeFeatures features, ProbeOptions options) =>
        LinearProbe.Evaluate(features, Clusters.Classes, seed: 4, options);
}
