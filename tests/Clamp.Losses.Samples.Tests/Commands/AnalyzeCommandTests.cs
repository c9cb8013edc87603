using System.Text.Json;
using Clamp.Losses.Samples.Tests.Support;
using Clamp.Losses.Training;
using Clamp.Losses.Training.Tests;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Tests.Commands;

/// <summary>One at a time, because the console belongs to the process.</summary>
[Collection(nameof(CommandLineTests))]
public sealed class AnalyzeCommandTests : IDisposable
{
    private static readonly string[] Small = ["--images", "24", "--train-images", "60", "--views", "3"];

    private readonly TemporaryFolder _temporary = new();

    private string Output => _temporary.PathOf("report.html");

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Analyze_AFinishedRun_ReportsWhatTheLibraryMeasures()
    {
        var run = Pretrain();

        var output = Trainer.Succeed(["analyze", "--run", run, "--output", Output, .. Small]);

        output.Should().ContainAll("before training", "after training", "drawings");
        File.ReadAllText(Output).Should().Contain("data-figure=\"tsne-after\"");
        File.Exists(Path.Combine(_temporary.PathOf("report"), "tsne-after.svg")).Should().BeTrue();
        var (folder, options) = RunFolder.Open<RunOptions>(run);
        using var encoder = options.InitialEncoder(CPU);
        Compare(Figures("Before"), encoder, options);
        folder.LoadEncoder(encoder);
        Compare(Figures("After"), encoder, options);
    }

    [Fact]
    public void Analyze_OtherTestImages_ChooseNothing()
    {
        var run = Pretrain();
        Trainer.Succeed(["analyze", "--run", run, "--output", Output, .. Small]);
        var first = Figures("After").GetProperty("Probe");

        Trainer.Succeed(["analyze", "--run", run, "--output", Output, "--force", "--images", "20", .. Small[2..]]);

        var second = Figures("After").GetProperty("Probe");
        JsonElement.DeepEquals(second.GetProperty("Sweep"), first.GetProperty("Sweep")).Should().BeTrue();
        second.GetProperty("LearningRate").GetDouble().Should().Be(first.GetProperty("LearningRate").GetDouble());
    }

    [Fact]
    public void Analyze_ARunThatBeganFromWeights_IsComparedWithThem()
    {
        var first = Pretrain();
        var second = _temporary.PathOf("second");
        Trainer.Succeed(["pretrain", .. Images, "--epochs", "1", "--init", first, "--output", second]);

        Trainer.Succeed(["analyze", "--run", first, "--run", second, "--output", Output, .. Small]);

        JsonElement.DeepEquals(Figures("Before", 1).GetProperty("Eigenvalues"), Figures("After", 0).GetProperty("Eigenvalues")).Should().BeTrue();
    }

    [Fact]
    public void Analyze_ImagesWithoutLabels_ShowsWhatNeedsNone()
    {
        var photographs = _temporary.PathOf("photographs", "0.png");
        for (var i = 0; i < 60; i++)
        {
            File.WriteAllBytes(Path.Combine(Path.GetDirectoryName(photographs)!, $"{i}.png"), Png(i));
        }

        var run = _temporary.PathOf("run");
        Trainer.Succeed("pretrain", "--dataset", "imagefolder", "--data-root", Path.GetDirectoryName(photographs)!, "--image-size", "16", "--epochs", "1", "--views", "2",
            "--validation-share", "0.4", "--output", run);

        Trainer.Succeed(["analyze", "--run", run, "--output", Output, .. Small]);

        File.ReadAllText(Output).Should().ContainAll("held out, as there are no test images", "They have no labels");
        Figures("After").GetProperty("Probe").ValueKind.Should().Be(JsonValueKind.Null);
    }

    [Fact]
    public void Analyze_SixtyClassesOfWhichOneHasOneImage_HasEverySection()
    {
        const int Classes = 60;
        for (var i = 0; i < Classes * 4; i++)
        {
            // Of each class three images to train on and one to test with; of the first one.
            var (split, number) = (i < Classes ? "test" : "train", i % Classes);
            if (i < 2 * Classes || number > 0)
            {
                File.WriteAllBytes(_temporary.PathOf("photographs", split, $"class {number}", $"{i}.png"), Png(i));
            }
        }

        var run = _temporary.PathOf("run");
        Trainer.Succeed("pretrain", "--dataset", "imagefolder", "--data-root", _temporary.PathOf("photographs", "x")[..^2], "--image-size", "16", "--epochs", "1",
            "--views", "2", "--output", run);

        Trainer.Succeed(["analyze", "--run", run, "--output", Output, "--views", "3"]);

        var page = File.ReadAllText(Output);
        page.Should().ContainAll("id=\"map\"", "<summary>60 classes</summary>", "id=\"neighbours\"", "60 classes, ");
        Figures("After").GetProperty("Probe").GetProperty("Test").GetProperty("Top1").GetDouble().Should().BeInRange(0, 1);
        page.Length.Should().BeLessThan(2 << 20);
    }

    [Fact]
    public void Analyze_ARunWithoutMetrics_SaysSo()
    {
        var run = Pretrain();
        File.Delete(Path.Combine(run, "metrics.csv"));

        Refused("analyze", "--run", run, "--output", Output).Should().ContainAll("metrics.csv", "does not exist", "imported encoder");
    }

    [Fact]
    public void Analyze_AnUnfinishedRun_SaysSo()
    {
        var run = Pretrain();
        File.Delete(Path.Combine(run, "encoder.dat"));

        Refused("analyze", "--run", run, "--output", Output).Should().ContainAll("encoder.dat", "finished pretraining");
    }

    [Theory]
    [InlineData("--images 19", "--images is 19; it must be from 20 to 5000")]
    [InlineData("--views 1 --train-images 3", "--views is 1; it must be from 2 to 64")]
    [InlineData("--run a --run b", "--run is given 3 times")]
    public void Analyze_MistakeOfTheUser_IsToldInALine(string options, string message) =>
        Refused(["analyze", "--run", "none", "--output", Output, .. options.Split(' ')]).Should().Contain(message);

    [Fact]
    public void Analyze_AnEarlierReport_IsKeptUnlessForced()
    {
        File.WriteAllText(Output, "mine");

        Refused("analyze", "--run", "none", "--output", Output).Should().Contain("--force");

        File.ReadAllText(Output).Should().Be("mine");
    }

    [Fact]
    public void Analyze_OutputThatIsNoPage_IsRefused() => Refused("analyze", "--run", "none", "--output", "report").Should().Contain("it must be the name of a page");

    private static string[] Images => ["--train-images", "96", "--test-images", "36", "--image-size", "16", "--views", "2", "--validation-share", "0.25"];

    // By other means than the command: the library's measures on the images that it should look at.
    private static void Compare(JsonElement figures, ResNet encoder, RunOptions options)
    {
        using var scope = NewDisposeScope();
        var images = options.LoadImages();
        var shown = images.Test!.Sample(24, options.Seed);
        var features = FeatureExtractor.Features(encoder, shown, CPU, options.Normalisation);
        var labels = tensor(shown.Labels.Select(label => (long)label).ToArray());
        using var geometry = ClassGeometry.Measure(features, labels);
        figures.GetProperty("ParticipationRatio").GetDouble().Should().BeApproximately(geometry.ParticipationRatio, 1e-6);
        var pairs = ClassSimilarities.Measure(ViewFeatures.Extract(encoder, shown, options, 3, CPU), labels);
        figures.GetProperty("Cosines").GetProperty("Within").GetDouble().Should().BeApproximately(pairs.Within.Cosines.Average(), 1e-6);
        figures.GetProperty("Orientations").GetProperty("Between").GetDouble().Should().BeApproximately(pairs.Between.Orientations.Average(), 1e-6);
    }

    private static byte[] Png(int seed)
    {
        using var bitmap = new SkiaSharp.SKBitmap(16, 16);
        bitmap.Erase(new SkiaSharp.SKColor((byte)(seed * 37), (byte)(seed * 91), (byte)(seed * 13)));
        bitmap.SetPixel(seed % 16, 3, SkiaSharp.SKColors.White);
        using var png = bitmap.Encode(SkiaSharp.SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    private static string Refused(params string[] arguments)
    {
        var (exit, _, error) = Trainer.Run(arguments);
        exit.Should().Be(1);
        error.Should().NotContain("   at ");
        return error;
    }

    private string Pretrain()
    {
        var run = _temporary.PathOf("run");
        Trainer.Succeed(["pretrain", .. Images, "--epochs", "1", "--output", run]);
        return run;
    }

    private JsonElement Figures(string state, int run = 0) =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(_temporary.PathOf("report"), "figures.json"))).RootElement[run].GetProperty(state);
}
