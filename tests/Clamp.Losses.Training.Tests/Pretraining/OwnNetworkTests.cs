using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Clamp.Losses.Training.Tests;

/// <summary>
/// What docs/training.md shows: a network that this library does not know, through the trainer of those that it does. Alone, because
/// weights are drawn from torch's generator, which is the process's.
/// </summary>
[Collection(nameof(PretrainerTests))]
public sealed class OwnNetworkTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Run_OnImagesWithoutLabels_TrainsItInPlaceAndScoresIt()
    {
        var images = WithoutLabels(ShapesGenerator.Generate(48, 16, seed: 1));
        var labelled = new ImageSplits(ShapesGenerator.Generate(48, 16, seed: 2), ShapesGenerator.Generate(24, 16, seed: 3));
        var losses = new List<double>();

        random.manual_seed(1);
        using var network = Sequential(
            Conv2d(3, 16, 3, stride: 2, padding: 1), ReLU(), Conv2d(16, 32, 3, stride: 2, padding: 1), ReLU(), AdaptiveAvgPool2d(1), Flatten());
        var options = new PretrainOptions { Epochs = 8, BatchSize = 16, Views = 2, Projection = [64, 32] };
        using (var trainer = new Pretrainer(options, images, network, featureWidth: 32))
        {
            trainer.Run(step => losses.Add(step.Loss));
        }

        using var features = FeatureExtractor.Extract(network, labelled, CPU, options.Normalisation);
        var accuracy = LinearProbe.Evaluate(features, labelled.Train.ClassNames.Count, seed: 1).Test.Top1;

        losses.Should().HaveCount(24).And.OnlyContain(loss => double.IsFinite(loss));
        losses.TakeLast(6).Average().Should().BeLessThan(losses.Take(6).Average());
        accuracy.Should().BeInRange(0, 1);
        network.parameters().First().IsInvalid.Should().BeFalse("the network stays its owner's");
    }

    [Fact]
    public void Train_InARunFolder_GoesOnWithTheSameBitsAndClaimsNoDataSet()
    {
        var options = new PretrainOptions { Epochs = 2, BatchSize = 16, Views = 2, Projection = [64, 32] };
        var folder = RunFolder.Create(Path.Combine(_temporary.Root.FullName, "run"), options);
        using var whole = Network();
        using (var trainer = Trainer(whole, options))
        {
            trainer.RunTo(6);
        }

        using var first = Network();
        using (var trainer = Trainer(first, options))
        {
            using var stop = new CancellationTokenSource();
            using var run = new TrainingRun(trainer, folder, new CheckpointOptions());
            run.Train(new StopAt(2, stop), stop.Token);
            trainer.StepsDone.Should().Be(2);
        }

        using var resumed = Network();
        using (var trainer = Trainer(resumed, options))
        {
            using var run = new TrainingRun(trainer, folder, new CheckpointOptions());
            run.Restore(message => throw new InvalidOperationException(message));
            using var never = new CancellationTokenSource();
            run.Train(new StopAt(0, never), CancellationToken.None);
        }

        resumed.parameters().Last().Values().Should().Equal(whole.parameters().Last().Values());
        File.ReadAllText(folder.ConfigFile).Should().Contain("\"Epochs\": 2").And.NotContain("Dataset").And.NotContain("Encoder");
    }

    [Fact]
    public void Run_AnotherFeatureWidthThanGiven_NamesBothShapes()
    {
        using var network = Network();
        using var trainer = new Pretrainer(new PretrainOptions { Views = 2, BatchSize = 8 }, Images(), network, featureWidth: 31);

        trainer.Invoking(it => it.Run(_ => { })).Should().Throw<InvalidOperationException>().WithMessage("*made [16, 32] of 16 images*[16, 31]*");
    }

    [Fact]
    public void Constructor_NetworkWithoutWeights_IsRefused()
    {
        using var nothing = Flatten();

        var act = () => new Pretrainer(new PretrainOptions(), Images(), nothing, featureWidth: 768);

        act.Should().Throw<ArgumentException>().WithParameterName("encoder").WithMessage("*no weights*");
    }

    private static MemoryImages Images() => WithoutLabels(ShapesGenerator.Generate(48, 16, seed: 1));

    private static MemoryImages WithoutLabels(MemoryImages images)
    {
        using var pixels = images.Pixels([.. Enumerable.Range(0, images.Count)]);
        return new MemoryImages(pixels.data<byte>().ToArray(), images.Height, images.Width);
    }

    private static TorchSharp.Modules.Sequential Network()
    {
        random.manual_seed(1);
        return Sequential(Conv2d(3, 32, 3, stride: 2, padding: 1), ReLU(), AdaptiveAvgPool2d(1), Flatten());
    }

    private static Pretrainer Trainer(Module<Tensor, Tensor> network, PretrainOptions options) => new(options, Images(), network, featureWidth: 32);

    private sealed class StopAt(int step, CancellationTokenSource stop) : IRunProgress
    {
        public void Report(StepMetrics metrics)
        {
            if (metrics.Step == step)
            {
                stop.Cancel();
            }
        }

        public void Warn(string message)
        {
        }
    }
}
