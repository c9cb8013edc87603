using System.Text.Json;
using Clamp.Losses.Samples.Configuration;
using Clamp.Losses.Samples.Tests.Support;
using Clamp.Losses.Training;
using Clamp.Losses.Training.Tests;

namespace Clamp.Losses.Samples.Tests.Commands;

/// <summary>The presets of evaluations, run on a tiny run; one at a time, because the console belongs to the process.</summary>
[Collection(nameof(CommandLineTests))]
public sealed class EvaluationPresetTests(EvaluationCommandTests.TinyRun run) : IClassFixture<EvaluationCommandTests.TinyRun>, IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    private string Output => _temporary.PathOf("output");

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void NamesOf_AreTheDocumentedOnes()
    {
        PresetFiles.NamesOf("probe").Should().Equal("paper-probe-cifar10", "paper-probe-imagenet");
        PresetFiles.NamesOf("finetune").Should().Equal("paper-finetune-imagenet");
    }

    [Fact]
    public void PaperProbeImagenet_HasTheAuthorsValues() =>
        PresetFiles.LoadProtocol<ProbeOptions>("probe", "paper-probe-imagenet").Should().BeEquivalentTo(new ProbeOptions
        {
            Epochs = 100,
            BatchSize = 2048,
            LearningRates = [0.8, 1.2, 1.6],
            LearningRateScaling = LearningRateScaling.Linear,
            WeightDecay = 0,
            Augment = true,
            Standardise = false,
        });

    [Fact]
    public void PaperProbeCifar10_HasTheAuthorsValues() =>
        PresetFiles.LoadProtocol<ProbeOptions>("probe", "paper-probe-cifar10").Should().BeEquivalentTo(new ProbeOptions
        {
            Epochs = 100,
            BatchSize = 1024,
            Optimizer = ProbeOptimizer.Adam,
            LearningRates = [0.0003, 0.001, 0.003],
            WeightDecay = 0,
            Augment = true,
            Standardise = false,
        });

    [Fact]
    public void PaperFinetuneImagenet_HasTheAuthorsValues() =>
        PresetFiles.LoadProtocol<FinetuneOptions>("finetune", "paper-finetune-imagenet").Should().BeEquivalentTo(new FinetuneOptions
        {
            Epochs = 20,
            BatchSize = 256,
            LearningRates = [0.03, 0.1, 0.3, 1, 3],
            EncoderRateScale = 0.05,
            WeightDecay = 0,
        });

    [Theory]
    [InlineData("paper-probe-imagenet", ProbeOptimizer.Sgd, new[] { 0.025, 0.0375, 0.05 })]
    [InlineData("paper-probe-cifar10", ProbeOptimizer.Adam, new[] { 0.0003, 0.001, 0.003 })]
    public void Probe_WithAPreset_FollowsItButForWhatIsGiven(string preset, ProbeOptimizer optimizer, double[] rates)
    {
        Trainer.Succeed("probe", "--run", run.Folder, "--preset", preset, "--epochs", "2", "--batch-size", "8", "--output", Output);

        var report = Read<ProbeReport>(Output);
        (report.Protocol.Epochs, report.Protocol.BatchSize, report.Protocol.Augment, report.Protocol.Standardise, report.Protocol.Optimizer)
            .Should().Be((2, 8, true, false, optimizer));
        report.Pretrained.Sweep.Select(rate => rate.LearningRate).Should().Equal(rates, (a, b) => Math.Abs(a - b) < 1e-12);
        report.Choice.Should().Contain("as the encoder makes them");
    }

    [Fact]
    public void Probe_NotToThePresetsLetter_SaysSoWithItsResult()
    {
        const string Told = "paper-probe-imagenet, Epochs 1 in place of 100, LearningRates 0.8 in place of 0.8 1.2 1.6";

        var (_, output, error) = Trainer.Run(
            "probe", "--run", run.Folder, "--preset", "paper-probe-imagenet", "--epochs", "1", "--learning-rates", "0.8", "--output", Output);

        output.Should().Contain(Told);
        Read<ProbeReport>(Output).Preset.Should().Be(Told);
        error.Should().Contain("warning: the learning rates are scaled for batches of 2048 images, but there are only 48.");
    }

    [Fact]
    public void Finetune_NotToThePresetsLetter_SaysSoWithItsResult()
    {
        const string Told = "paper-finetune-imagenet, Epochs 1 in place of 20, LearningRates none in place of 0.03 0.1 0.3 1 3";

        var output = Trainer.Succeed("finetune", "--run", run.Folder, "--preset", "paper-finetune-imagenet", "--learning-rate", "0.1", "--fraction", "0.5",
            "--epochs", "1", "--output", Output);

        output.Should().ContainAll(Told, "learning rate 0.1;");
        Read<FinetuneReport>(Path.Combine(Output, "finetune.json")).Preset.Should().Be(Told);
    }

    [Fact]
    public void Probe_WithoutAPreset_NamesNone()
    {
        var (_, output, error) = Trainer.Run("probe", "--run", run.Folder, "--epochs", "1", "--output", Output);

        (output + error).Should().NotContain("in place of").And.NotContain("warning");
        Read<ProbeReport>(Output).Preset.Should().BeNull();
    }

    [Fact]
    public void Finetune_WithAPreset_SweepsTheRatesOnHeldOutImages()
    {
        Trainer.Succeed("finetune", "--run", run.Folder, "--preset", "paper-finetune-imagenet", "--fraction", "0.5", "--epochs", "1", "--batch-size", "8", "--output", Output);

        var result = Read<FinetuneReport>(Path.Combine(Output, "finetune.json")).Pretrained;
        result.Sweep.Select(rate => rate.LearningRate).Should().Equal(0.03, 0.1, 0.3, 1, 3);
        result.Protocol.LearningRate.Should().Be(result.Sweep.MaxBy(rate => rate.HeldOutTop1)!.LearningRate);
        (result.Protocol.EncoderRateScale, result.Protocol.WeightDecay).Should().Be((0.05, 0));
    }

    [Fact]
    public void Finetune_OneRate_WinsOverThePresetsSweep()
    {
        Trainer.Succeed("finetune", "--run", run.Folder, "--preset", "paper-finetune-imagenet", "--learning-rate", "0.2", "--fraction", "0.5", "--epochs", "1", "--output", Output);

        var result = Read<FinetuneReport>(Path.Combine(Output, "finetune.json")).Pretrained;
        result.Sweep.Should().BeEmpty();
        result.Protocol.LearningRate.Should().Be(0.2);
    }

    [Theory]
    [InlineData("probe --preset paper", "--preset is 'paper'; it must be one of paper-probe-cifar10, paper-probe-imagenet.")]
    [InlineData("finetune --preset paper-probe-imagenet", "must be one of paper-finetune-imagenet.")]
    [InlineData("finetune --learning-rates 0.1,0 --epochs 1", "--learning-rates is")]
    [InlineData("finetune --learning-rates 0.1,0.2 --epochs 1 --fraction 0.5 --validation-share 0", "No training images are held out")]
    public void Run_Mistake_IsToldInALine(string command, string message)
    {
        var (exit, _, error) = Trainer.Run([.. command.Split(' '), "--run", run.Folder, "--output", Output]);

        exit.Should().Be(1);
        error.Should().Contain(message).And.NotContain("   at ");
    }

    private static T Read<T>(string path) => JsonSerializer.Deserialize<T>(File.ReadAllText(path), ResultFile.Format)!;
}
