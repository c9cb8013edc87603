using System.Text.Json;
using Clamp.Losses.Samples.Tests.Support;
using Clamp.Losses.Training;
using Clamp.Losses.Training.Tests;

namespace Clamp.Losses.Samples.Tests.Commands;

/// <summary>One at a time, because the console belongs to the process.</summary>
[Collection(nameof(CommandLineTests))]
public sealed class SweepCommandTests : IDisposable
{
    private static readonly string[] Small =
    [
        "--train-images", "60", "--test-images", "12", "--image-size", "16", "--batch-size", "24", "--views", "2", "--epochs", "1", "--projection", "16,8",
        "--validation-share", "0.25",
    ];

    private readonly TemporaryFolder _temporary = new();

    private string Folder => Path.Combine(_temporary.Root.FullName, "sweep");

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Sweep_ACell_IsTheRunOfPretrainWithItsSettings()
    {
        var alone = _temporary.PathOf("alone");
        Trainer.Succeed(["pretrain", .. Small, "--radius-scale", "7", "--seed", "3", "--output", alone]);

        Sweep("--vary", "Clamp:RadiusScale=7", "--seeds", "2,3");

        var cell = Path.Combine(Folder, "Clamp.RadiusScale=7,Seed=3");
        Score(cell).Should().BeEquivalentTo(Score(alone));
        foreach (var name in new[] { "encoder.dat", "config.json", "held-out.txt" })
            File.ReadAllBytes(Path.Combine(cell, name)).Should().Equal(File.ReadAllBytes(Path.Combine(alone, name)), name);
        Trainer.Succeed("knn", "--run", cell).Should().Contain("20");
    }

    [Fact]
    public void Sweep_Finished_ToldAndWritten()
    {
        var output = Sweep("--vary", "Views=3");

        output.Should().ContainAll("2 of 2 trainings to do", "[1/2] base: linear probe", "[2/2] Views=3: linear probe", "00:00 left", "views V:", "2 (base)", "2 of 2 trainings finished");
        var line = File.ReadAllLines(Path.Combine(Folder, "sweep.csv"))[2].Split(',');
        var score = Score(Path.Combine(Folder, "Views=3"));
        line[..4].Should().Equal("Views=3", "3", "1", "Finished");
        (double.Parse(line[6]), double.Parse(line[8])).Should().Be((Math.Round(score.Pretrained!.LinearProbe!.Value, 6), Math.Round(score.Pretrained.NearestNeighbours, 6)));
        var last = MetricsFile.ReadThinned(Path.Combine(Folder, "Views=3", "metrics.csv"), 2);
        double.Parse(line[9]).Should().BeApproximately(last.Average(step => step.Loss), 1e-4);
        File.Exists(Path.Combine(Folder, "sweep.svg")).Should().BeTrue();
        File.ReadAllText(Path.Combine(Folder, "sweep.html")).Should().Contain("data-figure=\"panel-0\"");
    }

    [Fact]
    public void Sweep_MoreValues_TrainsThoseAlone()
    {
        Sweep("--vary", "Views=3");
        var before = Directory.GetFiles(Folder, "encoder.dat", SearchOption.AllDirectories).ToDictionary(file => file, File.GetLastWriteTimeUtc);

        var output = Sweep("--vary", "Views=3,4", "--vary", "BatchSize=24");

        output.Should().ContainAll("1 of 3 trainings to do", "[3/3] Views=4").And.NotContain("[1/3]").And.NotContain("[2/3]");
        before.Should().HaveCount(2).And.AllSatisfy(file => File.GetLastWriteTimeUtc(file.Key).Should().Be(file.Value));
    }

    [Fact]
    public void Sweep_AFailure_LosesNothingAndIsTriedAgain()
    {
        string[] sweep = ["sweep", .. Small, "--vary", "LearningRate=1e25", "--vary", "Views=3", "--output", Folder];

        var (exit, output, error) = Trainer.Run(sweep);

        exit.Should().Be(1);
        error.Should().Contain("error: [2/3] LearningRate=").And.Contain("diverged").And.NotContain("   at ");
        output.Should().ContainAll("[3/3] Views=3: linear probe", "2 of 3 trainings finished", "1 failed, which the same command tries again");
        File.ReadAllLines(Path.Combine(Folder, "sweep.csv")).Should().ContainSingle(line => line.Contains("Failed") && line.Contains("diverged"));
        var (again, second, _) = Trainer.Run(sweep);
        (again, second.Contains("1 of 3 trainings to do")).Should().Be((1, true));
    }

    [Fact]
    public void Sweep_KilledWhileItScored_ScoresTheSameEncoder()
    {
        Sweep("--vary", "Views=3");
        var cell = Path.Combine(Folder, "Views=3");
        var (score, encoder, steps) = (Score(cell), File.ReadAllBytes(Path.Combine(cell, "encoder.dat")), File.ReadAllText(Path.Combine(cell, "metrics.csv")));
        File.Delete(Path.Combine(cell, "score.json"));

        Sweep("--vary", "Views=3").Should().Contain("1 of 2 trainings to do");

        Score(cell).Should().BeEquivalentTo(score);
        File.ReadAllBytes(Path.Combine(cell, "encoder.dat")).Should().Equal(encoder);
        File.ReadAllText(Path.Combine(cell, "metrics.csv")).Should().Be(steps, "no step is done again");
    }

    [Fact]
    public void Sweep_AnotherBase_IsRefusedWithWhatDiffers()
    {
        Sweep("--vary", "Views=3");

        Refused([.. Small, "--set", "Epochs=2", "--set", "Clamp:SizeWeight=1", "--vary", "Views=3", "--output", Folder])
            .Should().Contain($"'{Folder}' was begun with other settings: Clamp:SizeWeight was 0 and is 1; Epochs was 1 and is 2.");
    }

    [Fact]
    public void Sweep_ABaseOfAnEarlierVersion_GoesOnWithTheDefaultsOfWhatItLacks()
    {
        Sweep("--vary", "Views=3");
        var file = Path.Combine(Folder, "base.json");
        File.WriteAllLines(file, File.ReadAllLines(file).Where(line => !line.Contains("EvaluationResize")));

        Sweep("--vary", "Views=3").Should().Contain("0 of 2 trainings to do");
    }

    [Fact]
    public void Sweep_TestImages_AreNotLookedAt()
    {
        var photos = Path.GetDirectoryName(_temporary.PathOf("photos", "x"))!;
        foreach (var name in new[] { "cat", "dog" })
        {
            for (var i = 0; i < 16; i++)
                File.WriteAllBytes(_temporary.PathOf("photos", "train", name, $"{i}.png"), Png(i));
            File.WriteAllText(_temporary.PathOf("photos", "test", name, "1.png"), "cannot be decoded");
        }

        var output = Trainer.Succeed("sweep", "--dataset", "imagefolder", "--data-root", photos, "--image-size", "16", "--batch-size", "12", "--views", "2", "--epochs", "1",
            "--stream-images", "true", "--validation-share", "0.25", "--vary", "Views=3", "--output", Folder);

        output.Should().Contain("2 of 2 trainings finished");
        Score(Path.Combine(Folder, "base")).HeldOutImages.Should().Be(8);
    }

    [Fact]
    public void Sweep_ImagesWithoutLabels_HasATableOfTheGeometry()
    {
        var photos = Path.GetDirectoryName(_temporary.PathOf("photos", "x"))!;
        for (var i = 0; i < 24; i++)
            File.WriteAllBytes(Path.Combine(photos, $"{i}.png"), Png(i));

        var output = Trainer.Succeed("sweep", "--dataset", "imagefolder", "--data-root", photos, "--image-size", "16", "--batch-size", "12", "--views", "2", "--epochs", "1",
            "--vary", "Views=3", "--output", Folder);

        output.Should().Contain("[2/2] Views=3: loss ");
        var line = File.ReadAllLines(Path.Combine(Folder, "sweep.csv"))[1].Split(',');
        line[5..9].Should().AllBe("");
        line[9..12].Should().NotContain("");
        File.ReadAllText(Path.Combine(Folder, "sweep.svg")).Should().Contain("mean contacts");
    }

    [Theory]
    [InlineData("--vary Clamp:RadiusScal=3", "--vary Clamp:RadiusScal is no setting; did you mean Clamp:RadiusScale?")]
    [InlineData("--vary Views", "--vary is 'Views'; it must be KEY=VALUE,VALUE,...")]
    [InlineData("--vary Views=3,1", "--vary Views=1: Views is 1; it must be from 2 to 1000")]
    [InlineData("--vary Views=3 --set Epochs=0", "--epochs is 0; it must be at least 1")]
    [InlineData("--vary Views=3 --seeds 1,x", "--seeds is '1,x'; it must be whole numbers")]
    [InlineData("--vary Views=3 --checkpoint-every -1", "--checkpoint-every is -1; it must be at least 0")]
    [InlineData("--vary Init=none.safetensors", "none.safetensors")]
    public void Sweep_AMistake_IsToldInALineBeforeAnyTraining(string arguments, string message)
    {
        Refused([.. Small, .. arguments.Split(' '), "--output", Folder]).Should().Contain(message);

        Directory.Exists(Path.Combine(Folder, "base")).Should().BeFalse();
    }

    [Fact]
    public void Sweep_AFolderOfOthers_IsLeftAlone()
    {
        File.WriteAllText(_temporary.PathOf("sweep", "mine.txt"), "kept");

        Refused([.. Small, "--vary", "Views=3", "--output", Folder]).Should().Contain("holds files already");

        Directory.GetFileSystemEntries(Folder).Should().ContainSingle();
    }

    [Fact]
    public void Sweep_NamesThatNoFileCanHave_AreFoldersOfTheirOwn()
    {
        Sweep("--vary", "Manifest=", "--vary", "AlternateAugmentation=").Should().Contain("1 of 1 trainings to do");
        var weights = _temporary.PathOf("a", "weights.safetensors");
        var other = _temporary.PathOf("b", "weights.safetensors");
        Trainer.Succeed("export", "--run", Path.Combine(Folder, "base"), "--output", weights);
        File.Copy(weights, other);

        Sweep("--vary", $"Init={weights},{other}").Should().Contain("3 of 3 trainings finished");

        Directory.GetDirectories(Folder).Should().HaveCount(3);
    }

    private static string Refused(params string[] arguments)
    {
        var (exit, _, error) = Trainer.Run(["sweep", .. arguments]);
        exit.Should().Be(1);
        error.Should().NotContain("   at ");
        return error;
    }

    private static PretrainReport Score(string run) =>
        JsonSerializer.Deserialize<PretrainReport>(File.ReadAllText(Path.Combine(run, "score.json")), ResultFile.Format)!;

    private static byte[] Png(int seed)
    {
        using var bitmap = new SkiaSharp.SKBitmap(16, 16);
        bitmap.Erase(new SkiaSharp.SKColor((byte)(seed * 37), (byte)(seed * 91), (byte)(seed * 13)));
        using var png = bitmap.Encode(SkiaSharp.SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    private string Sweep(params string[] arguments) => Trainer.Succeed(["sweep", .. Small, .. arguments, "--output", Folder]);
}
