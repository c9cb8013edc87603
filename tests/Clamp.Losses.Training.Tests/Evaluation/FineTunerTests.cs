using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clamp.Losses.Training.Tests;

/// <summary>Alone, because weights are drawn from torch's generator, which is the process's.</summary>
[Collection(nameof(PretrainerTests))]
public sealed class FineTunerTests
{
    private static readonly MemoryImages Images = ShapesGenerator.Generate(26, 16, seed: 1);
    private static readonly FinetuneOptions Options = new() { Epochs = 3, BatchSize = 8, EncoderRateScale = 0.1 };
    private static readonly FinetuneOptions OneStep = Options with { Epochs = 1, BatchSize = 26, WeightDecay = 0 };

    [Fact]
    public void Run_OneStep_MovesTheEncoderByItsShareOfTheRate()
    {
        using var scope = NewDisposeScope();
        var (full, _) = MovesOf(OneStep with { EncoderRateScale = 1 });
        var (scaled, _) = MovesOf(OneStep with { EncoderRateScale = 0.25 });

        // Moves are differences of rounded weights of about 0.1, so to within 1e-7 of them.
        full.abs().max().item<float>().Should().BeGreaterThan(1e-3f, "the encoder moves at all");
        (scaled - 0.25 * full).abs().max().item<float>().Should().BeLessThan(1e-6f);
    }

    [Fact]
    public void Run_OneStep_MovesTheClassifierAtTheRateWhateverTheEncoders()
    {
        using var scope = NewDisposeScope();
        var (_, first) = MovesOf(OneStep with { EncoderRateScale = 1 });
        var (_, second) = MovesOf(OneStep with { EncoderRateScale = 0.25 });
        var (_, half) = MovesOf(OneStep with { LearningRate = Options.LearningRate / 2 });

        first.abs().max().item<float>().Should().BeGreaterThan(1e-3f);
        second.Values().Should().Equal(first.Values());
        (half - 0.5 * first).abs().max().item<float>().Should().BeLessThan(1e-7f);
    }

    [Fact]
    public void Run_ReportsEveryEpochAndTheLossFalls()
    {
        using var network = Network();
        var losses = new List<double>();
        using var tuner = Tuner(network, Options with { Epochs = 12, EncoderRateScale = 1 });

        var last = tuner.Run((epoch, loss) =>
        {
            losses.Add(loss);
            epoch.Should().Be(losses.Count);
        });

        losses.Should().HaveCount(12);
        losses[^1].Should().Be(last).And.BeLessThan(0.8 * losses[0]);
    }

    [Fact]
    public void Run_SameSeed_RepeatsTheWeights()
    {
        float[] Weights()
        {
            using var network = Network();
            using var tuner = Tuner(network, Options);
            tuner.Run((_, _) => { });
            return Values(network.EncoderParameters);
        }

        Weights().Should().Equal(Weights());
    }

    [Fact]
    public void AccuracyOn_AfterTraining_LeavesTheBatchStatistics()
    {
        using var network = Network();
        using var tuner = Tuner(network, OneStep);
        tuner.Run((_, _) => { });
        var before = Statistics(network);

        tuner.AccuracyOn(Images);

        Statistics(network).Should().Equal(before);
    }

    [Fact]
    public void Run_LaterEpochs_KeepNoMoreTensorsAlive()
    {
        using var network = Network();
        using var tuner = Tuner(network, Options with { Epochs = 4 });
        var live = new List<long>();

        tuner.Run((_, _) => live.Add(LiveTensors.Count));

        live[1..].Should().OnlyContain(count => count == live[0]);
    }

    [Fact]
    public void Run_RateThatDiverges_SaysSo()
    {
        using var network = Network();
        using var tuner = Tuner(network, Options with { LearningRate = 1e30 });

        var act = () => tuner.Run((_, _) => { });

        act.Should().Throw<TrainingDivergedException>().WithMessage("The loss is * in epoch 1*learning rate*1E+30*");
    }

    [Fact]
    public void Validate_SeveralFaults_ListsEveryOne()
    {
        var options = new FinetuneOptions { Epochs = 0, BatchSize = 3, LearningRate = 0, EncoderRateScale = -1, Momentum = 0, WeightDecay = -1 };

        options.Invoking(o => o.Validate()).Should().Throw<ArgumentException>().Which.Message.Should().ContainAll(
            "Epochs is 0", "BatchSize is 3", "LearningRate is 0", "EncoderRateScale is -1", "Momentum is 0", "WeightDecay is -1");
    }

    /// <summary>How far a training moves all weights of the encoder, and those of the classifier.</summary>
    private static (Tensor Encoder, Tensor Classifier) MovesOf(FinetuneOptions options)
    {
        using var network = Network();
        var (encoder, classifier) = (Flat(network.EncoderParameters), Flat(network.ClassifierParameters));
        using var tuner = Tuner(network, options);
        tuner.Run((_, _) => { });
        return (Flat(network.EncoderParameters) - encoder, Flat(network.ClassifierParameters) - classifier);
    }

    /// <summary>With a classifier that is not zero, so that a gradient reaches the encoder in the first step.</summary>
    /// <remarks>4 wide, libtorch 2.10 gives other gradients in every run, and NaN, on an AVX-512 EPYC; 16 wide, the same ones.</remarks>
    private static ImageClassifier Network()
    {
        random.manual_seed(5);
        var network = new ImageClassifier(ResNet.Tiny(width: 16), featureWidth: 64, Images.ClassNames.Count, CPU);
        using var unrecorded = no_grad();
        foreach (var weight in network.ClassifierParameters)
        {
            weight.normal_(0, 0.3);
        }

        return network;
    }

    private static FineTuner Tuner(ImageClassifier network, FinetuneOptions options) =>
        new(network, Images, new AugmentationOptions(), options, seed: 2, CPU);

    private static Tensor Flat(IEnumerable<Parameter> parameters) => cat([.. parameters.Select(p => p.detach().flatten())]).clone();

    private static float[] Values(IEnumerable<Parameter> parameters) => [.. parameters.SelectMany(p => p.data<float>().ToArray())];

    private static float[] Statistics(ImageClassifier network) =>
        [.. network.named_buffers().Where(b => b.name.EndsWith("running_mean", StringComparison.Ordinal)).SelectMany(b => b.buffer.data<float>().ToArray())];
}
