using System.Text.Json;
using Clamp.Losses.Samples.Tests.Support;
using Clamp.Losses.Training;
using Clamp.Losses.Training.Tests;
using SkiaSharp;

namespace Clamp.Losses.Samples.Tests.Commands;

/// <summary>What pretraining holds out, scores and never looks at; one at a time, because the console belongs to the process.</summary>
[Collection(nameof(CommandLineTests))]
public sealed class HeldOutTests : IDisposable
{
    private static readonly string[] Small = ["pretrain", "--image-size", "16", "--batch-size", "12", "--views", "2"];

    private readonly TemporaryFolder _temporary = new();

    private string Folder => Path.Combine(_temporary.Root.FullName, "run");

    private string Photos => Path.Combine(_temporary.Root.FullName, "photos");

    public void Dispose() => _temporary.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pretrain_AFolderOfPhotographs_TrainsAndSaysWhyThereIsNoScore(bool stream)
    {
        Draw("2023", 14);
        Draw("2024/summer", 14);

        var output = Trainer.Succeed([.. Small, "--dataset", "imagefolder", "--data-root", Photos, "--stream-images", $"{stream}", "--output", Folder]);

        output.Should().ContainAll("27 training and 1 held-out images", "without labels", "not scored, because the images have no labels", "mean radius");
        var report = Score();
        (report.NotScored, report.Pretrained, report.HeldOutImages).Should().Be(("the images have no labels", null, 1));
        var (exit, _, error) = Trainer.Run("knn", "--run", Folder);
        exit.Should().Be(1);
        error.Should().StartWith("error: These images have no labels").And.NotContain("   at ");
    }

    [Fact]
    public void Pretrain_TestImages_AreNotLookedAt()
    {
        Draw("train/cat", 20);
        Draw("train/dog", 20);
        foreach (var name in new[] { "cat", "dog" })
            File.WriteAllText(_temporary.PathOf("photos", "test", name, "1.png"), "cannot be decoded");

        var output = Trainer.Succeed([.. Small, "--dataset", "imagefolder", "--data-root", Photos, "--stream-images", "true", "--validation-share", "0.25",
            "--output", Folder]);

        output.Should().Contain("on 10 held-out images");
        Score().Pretrained!.LinearProbe.Should().NotBeNull();
        Trainer.Run("knn", "--run", Folder).Error.Should().Contain("1.png", "the final score does look at them");
    }

    [Fact]
    public void Pretrain_ShareOfNothing_HoldsNoneOutAndSaysWhyThereIsNoScore()
    {
        var output = Trainer.Succeed([.. Small, "--train-images", "24", "--test-images", "12", "--validation-share", "0", "--output", Folder]);

        output.Should().ContainAll("24 training and 0 held-out images", "not scored, because no training images are held out");
        File.ReadAllText(Path.Combine(Folder, "config.json")).Should().Contain("\"ValidationShare\": 0,");
    }

    [Theory]
    [InlineData("none", false, false)]
    [InlineData("knn", false, true)]
    [InlineData("probe", true, true)]
    public void Pretrain_Score_IsTheOneAskedFor(string kind, bool probe, bool neighbours)
    {
        Trainer.Succeed([.. Small, "--train-images", "60", "--test-images", "12", "--score", kind, "--output", Folder]);

        var pretrained = Score().Pretrained;
        (pretrained?.LinearProbe is not null, pretrained is not null).Should().Be((probe, neighbours));
    }

    [Fact]
    public void Pretrain_OfANormalisation_ScoresByIt()
    {
        Trainer.Succeed([.. Small, "--train-images", "240", "--test-images", "12", "--validation-share", "0.5", "--mean", "1,0,0.5", "--deviation", "0.05,2,0.3",
            "--output", Folder]);
        var (folder, options) = RunFolder.Open<RunOptions>(Folder);
        using var encoder = options.InitialEncoder(TorchSharp.torch.CPU);
        folder.LoadEncoder(encoder);
        EncoderScore ScoreBy(Normalisation normalisation) =>
            HeldOutScorer.Create(ScoreKind.Probe, options.LoadImages(), options.Seed, TorchSharp.torch.CPU, normalisation).Scorer!.Score(encoder);

        Score().Pretrained.Should().Be(ScoreBy(options.Normalisation));
        Score().Pretrained.Should().NotBe(ScoreBy(new Normalisation()), "the other normalisation gives another score");
    }

    [Fact]
    public void Pretrain_ScoresWhileTraining_AreLoggedAndLeaveTheTrainingAsItIs()
    {
        string[] run = [.. Small, "--train-images", "60", "--test-images", "12", "--epochs", "4"];
        Trainer.Succeed([.. run, "--output", Folder]);
        var scored = _temporary.PathOf("scored");

        var output = Trainer.Succeed([.. run, "--score-every", "2", "--output", scored]);

        output.Should().ContainAll("epoch 2, on 3 held-out images: linear probe", "epoch 4, on 3");
        var lines = File.ReadAllLines(Path.Combine(scored, "scores.csv"));
        lines.Select(line => line.Split(',')[1]).Should().Equal("epoch", "2", "4");
        Directory.GetFiles(Path.Combine(scored, "tensorboard", "held_out")).Should().ContainSingle();
        File.ReadAllBytes(Path.Combine(scored, "encoder.dat")).Should().Equal(File.ReadAllBytes(Path.Combine(Folder, "encoder.dat")));
        Checkpoint(scored).Should().Equal(Checkpoint(Folder), "torch's random numbers are among it");
    }

    [Fact]
    public void Pretrain_ResumedBeforeAScore_HasEveryScoreOnce()
    {
        string[] run = [.. Small, "--train-images", "60", "--test-images", "12", "--epochs", "4", "--score-every", "1", "--score", "knn"];
        Trainer.Succeed([.. run, "--keep-checkpoints", "9", "--output", Folder]);
        var lines = File.ReadAllLines(Path.Combine(Folder, "scores.csv"));
        File.Delete(Path.Combine(Folder, "encoder.dat"));
        foreach (var checkpoint in Directory.GetFiles(Path.Combine(Folder, "checkpoints")).Order(StringComparer.Ordinal).Skip(2))
            File.Delete(checkpoint);

        Trainer.Succeed("pretrain", "--resume", Folder, "--score-every", "1", "--score", "knn");

        File.ReadAllLines(Path.Combine(Folder, "scores.csv")).Should().Equal(lines);
    }

    [Fact]
    public void Finetune_HeldOutAndTestImagesDisagree_TakesTheRateOfTheHeldOutOnes()
    {
        Draw("train/dark", 30, level: 112);
        Draw("train/light", 10, level: 128);
        Draw("test/dark", 6, level: 128);
        Draw("test/light", 6, level: 112);
        Trainer.Succeed([.. Small, "--dataset", "imagefolder", "--data-root", Photos, "--validation-share", "0.25", "--score", "none", "--output", Folder]);
        string[] finetune = ["finetune", "--run", Folder, "--fraction", "1", "--epochs", "15", "--batch-size", "8", "--encoder-rate-scale", "0"];

        // At next to no rate every image is of the class that has more; the other rate learns to tell them apart.
        Trainer.Succeed([.. finetune, "--learning-rates", "1e-9,0.3", "--output", _temporary.PathOf("sweep")]);
        Trainer.Succeed([.. finetune, "--learning-rate", "1e-9", "--output", _temporary.PathOf("hesitant")]);

        var chosen = Finetuned("sweep");
        chosen.Sweep.Select(rate => rate.HeldOutTop1).Should().Equal(0.8, 1);
        (chosen.Protocol.LearningRate, chosen.Test.Top1).Should().Be((0.3, 0));
        Finetuned("hesitant").Test.Top1.Should().Be(0.5, "a choice by test images would take it");
    }

    [Theory]
    [InlineData("--validation-share 1", "--validation-share is 1; it must be from 0 to below 1")]
    [InlineData("--score-every -1", "--score-every is -1; it must be at least 0")]
    [InlineData("--score svm", "--score is 'svm'; it must be none, knn or probe")]
    public void Pretrain_Mistake_IsToldInALine(string arguments, string message)
    {
        var (exit, _, error) = Trainer.Run([.. Small, .. arguments.Split(' '), "--output", Folder]);

        exit.Should().Be(1);
        error.Should().Contain(message).And.NotContain("   at ");
    }

    private static byte[] Checkpoint(string folder) =>
        File.ReadAllBytes(Directory.GetFiles(Path.Combine(folder, "checkpoints")).Order(StringComparer.Ordinal).Last());

    private PretrainReport Score() =>
        JsonSerializer.Deserialize<PretrainReport>(File.ReadAllText(Path.Combine(Folder, "score.json")), ResultFile.Format)!;

    private FinetuneResult Finetuned(string folder) => JsonSerializer.Deserialize<FinetuneReport>(
        File.ReadAllText(_temporary.PathOf(folder, "finetune.json")), ResultFile.Format)!.Pretrained;

    private void Draw(string folder, int count, byte? level = null)
    {
        for (int i = 0; i < count; i++)
        {
            using var bitmap = new SKBitmap(20, 18);
            bitmap.Erase(level is { } grey
                ? new SKColor((byte)(grey + i), grey, grey)
                : new SKColor((byte)(i * 12), (byte)folder.Length, (byte)(255 - i)));
            using var stream = File.Create(_temporary.PathOf(["photos", .. folder.Split('/'), $"{i:D2}.png"]));
            bitmap.Encode(stream, SKEncodedImageFormat.Png, 100);
        }
    }
}
