using System.Text.Json.Nodes;
using Clamp.Losses.Images.Skia;
using SkiaSharp;

namespace Clamp.Losses.Training.Tests;

/// <summary>Alone, because weights are drawn from torch's generator, which is the process's.</summary>
[Collection(nameof(PretrainerTests))]
public sealed class ResumeTests
{
    [Theory]
    [InlineData(1, OptimizerKind.AdamW, LossKind.Clamp, 0)]
    [InlineData(3, OptimizerKind.AdamW, LossKind.Clamp, 3)]
    [InlineData(4, OptimizerKind.AdamW, LossKind.VicReg, 0)]
    [InlineData(4, OptimizerKind.Sgd, LossKind.Clamp, 0)]
    [InlineData(5, OptimizerKind.Lars, LossKind.Clamp, 0)]
    public void Load_AfterAnyStep_GoesOnAsIfNeverStopped(int step, OptimizerKind optimizer, LossKind loss, int chunk)
    {
        GoesOnAsIfNeverStopped(step, SmallRun.Options with { Optimizer = optimizer, Loss = loss, Chunk = chunk });
    }

    [Fact]
    public void Load_InBFloat16_GoesOnAsIfNeverStopped() =>
        GoesOnAsIfNeverStopped(4, SmallRun.Options with { Precision = Precision.BFloat16 });

    [Fact]
    public void Load_OnSeveralThreads_GoesOnAsIfNeverStopped()
    {
        var threads = torch.get_num_threads();
        try
        {
            torch.set_num_threads(3);
            GoesOnAsIfNeverStopped(2, SmallRun.Options);
        }
        finally
        {
            torch.set_num_threads(threads);
        }
    }

    [Fact]
    public void Load_OfAStreamedFolder_GoesOnAsIfNeverStopped()
    {
        using var folder = new TemporaryFolder();
        var random = new Random(1);
        var files = Enumerable.Range(0, SmallRun.Images.Count).Select(i => folder.PathOf($"{i}.png")).ToList();
        foreach (var file in files)
        {
            using var bitmap = new SKBitmap(40, 30);
            bitmap.Pixels = [.. Enumerable.Range(0, 40 * 30).Select(_ => new SKColor((uint)random.Next() | 0xff000000))];
            using var stream = File.Create(file);
            bitmap.Encode(stream, SKEncodedImageFormat.Png, 100);
        }

        GoesOnAsIfNeverStopped(4, SmallRun.Options, new FileImages(files, 16, SkiaImage.Read));
    }

    [Fact]
    public void Load_LaterSteps_KeepNoMoreTensorsAlive()
    {
        var saved = StateAfter(2, SmallRun.Options);
        using var resumed = SmallRun.Trainer(SmallRun.Options);
        Load(resumed, saved);
        var live = new List<long>();

        resumed.Run(_ => live.Add(LiveTensors.Count));

        live[1..].Should().OnlyContain(count => count == live[0]);
    }

    [Fact]
    public void Load_OtherOptions_NamesEachDifferenceAndWhatItWas()
    {
        var saved = StateAfter(1, SmallRun.Options);
        using var other = SmallRun.Trainer(SmallRun.Options with { Views = 3, Clamp = new ClampLossOptions { RadiusScale = 7 } });

        other.Invoking(trainer => Load(trainer, saved)).Should().Throw<ArgumentException>()
            .WithMessage("*Views was 2 and is 3*Clamp:RadiusScale was 3 and is 7*");
    }

    [Fact]
    public void Load_OtherImages_SaysSo()
    {
        var saved = StateAfter(1, SmallRun.Options);
        using var other = SmallRun.Trainer(SmallRun.Options, SmallRun.Images.Subset([.. Enumerable.Range(0, 20)]));

        other.Invoking(trainer => Load(trainer, saved)).Should().Throw<ArgumentException>()
            .WithMessage("*number of training images was 24 and is 20*");
    }

    [Fact]
    public void Load_AsManyOtherImages_SaysSo()
    {
        var saved = StateAfter(1, SmallRun.Options);
        using var other = SmallRun.Trainer(SmallRun.Options, SmallRun.Images.Subset([0, .. Enumerable.Range(0, 23)]));

        other.Invoking(trainer => Load(trainer, saved)).Should().Throw<InvalidOptionsException>()
            .WithMessage("*images only: the training images are others, or in another order.");
    }

    [Fact]
    public void Load_DataInAnotherPlace_IsTheSameRun()
    {
        var saved = StateAfter(1, SmallRun.Options with { DataRoot = "here" });
        using var moved = SmallRun.Trainer(SmallRun.Options with { DataRoot = "there" });

        Load(moved, saved);

        moved.StepsDone.Should().Be(1);
    }

    [Fact]
    public void Load_OfAVersionWithoutLaterSettings_TakesThemForWhatItDid()
    {
        var saved = WithoutLaterSettings(StateAfter(1, SmallRun.Options));
        using var resumed = SmallRun.Trainer(SmallRun.Options);
        using var other = SmallRun.Trainer(SmallRun.Options with { Normalisation = Normalisation.Named["imagenet"], EvaluationResize = 20 });
        using var split = SmallRun.Trainer(SmallRun.Options with { Clamp = new ClampLossOptions { SplitProducts = true } });

        Load(resumed, saved);

        resumed.StepsDone.Should().Be(1);
        other.Invoking(trainer => Load(trainer, saved)).Should().Throw<InvalidOptionsException>()
            .WithMessage("*Normalisation:Mean was 0.5 0.5 0.5 and is 0.485 0.456 0.406*EvaluationResize was 0 and is 20.");
        split.Invoking(trainer => Load(trainer, saved)).Should().Throw<InvalidOptionsException>()
            .WithMessage("*Clamp:SplitProducts was False and is True*");
    }

    private static byte[] WithoutLaterSettings(byte[] state)
    {
        using var reader = new BinaryReader(new MemoryStream(state));
        var header = JsonNode.Parse(reader.ReadString())!;
        foreach (var setting in new RunOptions().Earlier().Keys)
        {
            var path = setting.Split(':');
            var section = path[..^1].Aggregate(header["Options"]!, (node, name) => node[name]!);
            section.AsObject().Remove(path[^1]).Should().BeTrue();
        }

        using var written = new MemoryStream();
        using var writer = new BinaryWriter(written);
        writer.Write(header.ToJsonString());
        writer.Write(state.AsSpan((int)reader.BaseStream.Position));
        return written.ToArray();
    }

    private static void GoesOnAsIfNeverStopped(int step, RunOptions options, ImageSource? images = null)
    {
        using var uninterrupted = SmallRun.Trainer(options, images);
        uninterrupted.Run(_ => { });
        var saved = StateAfter(step, options, images);

        using var resumed = SmallRun.Trainer(options, images);
        torch.random.manual_seed(99);
        Load(resumed, saved);
        var steps = new List<StepMetrics>();
        resumed.Run(steps.Add);

        steps.Select(metrics => metrics.Step).Should().Equal(Enumerable.Range(step + 1, SmallRun.Steps - step));
        resumed.State().SequenceEqual(uninterrupted.State()).Should().BeTrue("weights, optimiser and random numbers must be the same bits");
    }

    private static byte[] StateAfter(int step, RunOptions options, ImageSource? images = null)
    {
        using var trainer = SmallRun.Trainer(options, images);
        trainer.RunTo(step);
        trainer.StepsDone.Should().Be(step);
        return trainer.State();
    }

    private static void Load(Pretrainer trainer, byte[] state)
    {
        using var reader = new BinaryReader(new MemoryStream(state));
        trainer.Load(reader);
    }
}
