using Clamp.Losses.Images.Skia;
using Clamp.Losses.Samples.Embeddings;
using Clamp.Losses.Samples.Tests.Support;
using Clamp.Losses.Training;
using Clamp.Losses.Training.Tests;

namespace Clamp.Losses.Samples.Tests.Commands;

/// <summary>Embedding images by the command line; one at a time, because the console belongs to the process.</summary>
[Collection(nameof(CommandLineTests))]
public sealed class EmbedTests : IDisposable
{
    private static readonly RunOptions Options = new() { ImageSize = 24, EvaluationResize = 30, Encoder = EncoderKind.Tiny };
    private readonly TemporaryFolder _folder = new();

    public EmbedTests()
    {
        using var encoder = Options.InitialEncoder(torch.CPU);
        RunFolder.Create(Run, Options).SaveEncoder(encoder);
    }

    private string Run => _folder.PathOf("run");

    private string Photos => Path.Combine(_folder.Root.FullName, "photographs");

    private string Output => _folder.PathOf("table.parquet");

    private string[] Command => ["embed", "--run", Run, "--data-root", Photos, "--output", Output];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Embed_AFolder_WritesTheFeaturesOfItsImagesInOrder()
    {
        var paths = Photographs.Draw(_folder, 5);

        var output = Trainer.Succeed(Command);

        using var table = EmbeddingTable.Read(Output);
        table.Names.Should().Equal("a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg");
        table.Root.Should().Be(Photos);
        table.Labels.Should().BeNull();
        table.Images.Encoder.Should().Be("Tiny of the run run");
        Numbers(table).Should().Equal(Features(paths));
        output.Should().Contain("embed: 5 images, 64 features each; wrote");
        File.Exists(Output + ".partial").Should().BeFalse();
    }

    [Fact]
    public void Embed_ByTheExport_HasTheSameFeatures()
    {
        var paths = Photographs.Draw(_folder, 5);
        var onnx = _folder.PathOf("encoder.onnx");
        Trainer.Succeed("export", "--run", Run, "--output", onnx);

        Trainer.Succeed("embed", "--onnx", onnx, "--data-root", Photos, "--output", Output);

        using var table = EmbeddingTable.Read(Output);
        Numbers(table).Zip(Features(paths), (actual, expected) => Math.Abs(actual - expected)).Max().Should().BeLessThan(1e-5f);
    }

    [Fact]
    public void Embed_ByWeights_HasTheSameFeatures()
    {
        var paths = Photographs.Draw(_folder, 5);
        var weights = _folder.PathOf("encoder.safetensors");
        Trainer.Succeed("export", "--run", Run, "--output", weights);

        Trainer.Succeed("embed", "--weights", weights, "--encoder", "tiny", "--data-root", Photos, "--output", Output);

        using var table = EmbeddingTable.Read(Output);
        Numbers(table).Should().Equal(Features(paths));
    }

    [Fact]
    public void Embed_AList_TakesItsOrderAndLabels()
    {
        var paths = Photographs.Draw(_folder, 3);
        File.WriteAllText(_folder.PathOf("photographs", "list.csv"), "path,label\nc.jpg,fine\na.jpg,poor\n");

        Trainer.Succeed("embed", "--run", Run, "--list", _folder.PathOf("photographs", "list.csv"), "--output", Output);

        using var table = EmbeddingTable.Read(Output);
        table.Names.Should().Equal("c.jpg", "a.jpg");
        table.Labels.Should().Equal("fine", "poor");
        Numbers(table).Should().Equal(Features([paths[2], paths[0]]));
    }

    [Fact]
    public void Embed_AListAndARoot_NamesImagesFromTheRoot()
    {
        var paths = Photographs.Draw(_folder, 3);
        var outside = _folder.PathOf("elsewhere", "z.jpg");
        File.Move(paths[2], outside);
        File.WriteAllLines(_folder.PathOf("list.csv"), ["b.jpg", outside]);

        Trainer.Succeed("embed", "--run", Run, "--list", _folder.PathOf("list.csv"), "--data-root", Photos, "--output", Output);

        using var table = EmbeddingTable.Read(Output);
        table.Names.Should().Equal("b.jpg", outside.Replace(Path.DirectorySeparatorChar, '/'));
        table.Root.Should().Be(Photos);
        Numbers(table).Should().Equal(Features([paths[1], outside]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Embed_WithoutImages_TakesThoseOfTheRun(bool areListed)
    {
        Photographs.Draw(_folder, 3);
        var list = _folder.PathOf("list.csv");
        File.WriteAllLines(list, ["c.jpg", "a.jpg"]);
        var options = Options with { Dataset = DatasetKind.ImageFolder, DataRoot = Photos, Manifest = areListed ? list : null };
        using (var encoder = Options.InitialEncoder(torch.CPU))
        {
            RunFolder.Create(_folder.PathOf("second"), options).SaveEncoder(encoder);
        }

        Trainer.Succeed("embed", "--run", _folder.PathOf("second"), "--output", Output);

        using var table = EmbeddingTable.Read(Output);
        table.Names.Should().Equal(areListed ? ["c.jpg", "a.jpg"] : ["a.jpg", "b.jpg", "c.jpg"]);
    }

    [Fact]
    public void Embed_WithoutImages_TakesAsManyOfADatasetAsTheRun()
    {
        using (var encoder = Options.InitialEncoder(torch.CPU))
        {
            RunFolder.Create(_folder.PathOf("second"), Options with { TrainImages = 24, TestImages = 12 }).SaveEncoder(encoder);
        }

        Trainer.Succeed("embed", "--run", _folder.PathOf("second"), "--output", Output).Should().Contain("embed: 36 images");
    }

    [Fact]
    public void Embed_ClassFolders_HaveLabels()
    {
        var paths = Photographs.Draw(_folder, 2);
        File.Move(paths[0], _folder.PathOf("photographs", "train", "cat", "1.jpg"));
        File.Move(paths[1], _folder.PathOf("photographs", "test", "dog", "2.jpg"));

        Trainer.Succeed(Command);

        using var table = EmbeddingTable.Read(Output);
        table.Names.Should().Equal("test/dog/2.jpg", "train/cat/1.jpg");
        table.Labels.Should().Equal("dog", "cat");
    }

    [Fact]
    public void Embed_TheRunsOwnDataset_NamesItsParts()
    {
        Trainer.Succeed("embed", "--run", Run, "--train-images", "24", "--test-images", "12", "--output", Output);

        using var table = EmbeddingTable.Read(Output);
        table.Names.Should().HaveCount(36).And.StartWith("train/0").And.EndWith("test/11");
        table.Labels!.Distinct().Should().HaveCount(12);
        var images = (Options with { TrainImages = 24, TestImages = 12, ValidationShare = 0 }).LoadImages();
        using var encoder = Options.InitialEncoder(torch.CPU);
        using var ofTraining = FeatureExtractor.Features(encoder, images.Train, torch.CPU, Options.Normalisation);
        using var ofTest = FeatureExtractor.Features(encoder, images.Test!, torch.CPU, Options.Normalisation);
        Numbers(table).Zip([.. ofTraining.data<float>(), .. ofTest.data<float>()], (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(1e-5f);
    }

    [Fact]
    public void Embed_ABrokenImage_EndsWithItsName()
    {
        var paths = Photographs.Draw(_folder, 3);
        File.WriteAllText(paths[1], "no picture");

        var (exit, _, error) = Trainer.Run(Command);

        exit.Should().Be(1);
        error.Should().StartWith($"error: '{paths[1]}' cannot be decoded").And.Contain("--skip-broken");
        File.Exists(Output).Should().BeFalse();
    }

    [Fact]
    public void Embed_BrokenImagesSkipped_ListsThemAndKeepsTheOthersFeatures()
    {
        var paths = Photographs.Draw(_folder, 4);
        Trainer.Succeed(Command);
        using var whole = EmbeddingTable.Read(Output);
        File.WriteAllText(paths[1], "no picture");
        File.WriteAllText(paths[3], "");

        var output = Trainer.Succeed([.. Command, "--skip-broken", "--force"]);

        output.Should().Contain($"left out 2 that cannot be decoded:{Environment.NewLine}  b.jpg{Environment.NewLine}  d.jpg").And.Contain("embed: 2 images");
        using var table = EmbeddingTable.Read(Output);
        table.Names.Should().Equal("a.jpg", "c.jpg");
        Numbers(table).Should().Equal(Numbers(whole)[..64].Concat(Numbers(whole)[128..192]), "the batch is the same, with a black image in the broken one's place");
    }

    [Fact]
    public void Embed_AFileThatIsGone_IsBroken()
    {
        var paths = Photographs.Draw(_folder, 3);
        File.Delete(paths[1]);
        File.CreateSymbolicLink(paths[1], _folder.PathOf("nowhere.jpg"));

        var output = Trainer.Succeed([.. Command, "--skip-broken"]);

        output.Should().Contain($"left out 1 that cannot be decoded:{Environment.NewLine}  b.jpg");
        using var table = EmbeddingTable.Read(Output);
        table.Names.Should().Equal("a.jpg", "c.jpg");
    }

    [Fact]
    public void Embed_ImagesBesideClassFolders_HaveNoLabels()
    {
        var paths = Photographs.Draw(_folder, 2);
        File.Move(paths[0], _folder.PathOf("photographs", "train", "cat", "1.jpg"));

        Trainer.Succeed(Command);

        using var table = EmbeddingTable.Read(Output);
        table.Names.Should().Equal("b.jpg", "train/cat/1.jpg");
        table.Labels.Should().BeNull();
    }

    [Fact]
    public void Embed_ByWeightsSeenOtherwise_HasOtherFeatures()
    {
        var paths = Photographs.Draw(_folder, 2);
        var weights = _folder.PathOf("encoder.safetensors");
        Trainer.Succeed("export", "--run", Run, "--output", weights);

        Trainer.Succeed(
            "embed", "--weights", weights, "--encoder", "tiny", "--normalisation", "imagenet", "--image-size", "28", "--data-root", Photos, "--output", Output);

        using var table = EmbeddingTable.Read(Output);
        Numbers(table).Should().Equal(Features(paths, Options with { Normalisation = Normalisation.Named["imagenet"], ImageSize = 28, EvaluationResize = 0 }));
    }

    [Theory]
    [InlineData("run", "weights", "by another encoder")]
    [InlineData("run", "options", "by another encoder")]
    [InlineData("safetensors", "weights", "by another encoder")]
    [InlineData("onnx", "weights", "by another encoder")]
    [InlineData("run", "size", "of other images")]
    [InlineData("run", "time", "of other images")]
    [InlineData("run", "name", "of other images")]
    public void Embed_AfterWhatWasBegunHasChanged_IsRefusedUnlessForced(string by, string change, string message)
    {
        var paths = Photographs.Draw(_folder, 3);
        File.WriteAllText(paths[1], "no picture");
        var encoder = Encoder(by);
        Trainer.Run(["embed", .. encoder, "--data-root", Photos, "--output", Output]).Exit.Should().Be(1);
        Change(change, paths[0]);
        Encoder(by);
        string[] again = ["embed", .. encoder, "--data-root", Photos, "--output", Output, "--skip-broken"];

        var (exit, _, error) = Trainer.Run(again);

        exit.Should().Be(1);
        error.Should().StartWith("error: ").And.Contain(message).And.Contain("--force");
        Trainer.Succeed([.. again, "--force"]).Should().Contain("embed: 2 images");
    }

    [Fact]
    public void Embed_OverAnEarlierFile_NeedsForce()
    {
        Photographs.Draw(_folder, 2);
        Trainer.Succeed(Command);

        var (exit, _, error) = Trainer.Run(Command);

        exit.Should().Be(1);
        error.Should().Contain("--force");
    }

    [Theory]
    [InlineData("embed --output a.csv", "One of --run, --weights and --onnx")]
    [InlineData("embed --onnx a.onnx --run b --output a.csv", "One of --run, --weights and --onnx")]
    [InlineData("embed --weights a.safetensors --output a.csv", "--weights and --encoder go together")]
    [InlineData("embed --run b --output a.txt", "must end in .parquet, .csv, .npy or .safetensors")]
    public void Embed_WrongOptions_AreToldInALine(string line, string message)
    {
        var (exit, _, error) = Trainer.Run(line.Split(' '));

        exit.Should().Be(1);
        error.Should().Contain(message);
    }

    private static float[] Numbers(EmbeddingTable table) => table.Embeddings.data<float>().ToArray();

    /// <summary>What says who encodes; what is exported for it is exported anew.</summary>
    private string[] Encoder(string by)
    {
        if (by == "run")
        {
            return ["--run", Run];
        }

        var file = _folder.PathOf($"encoder.{by}");
        Trainer.Succeed("export", "--run", Run, "--output", file, "--force");
        return by == "onnx" ? ["--onnx", file] : ["--weights", file, "--encoder", "tiny"];
    }

    private void Change(string what, string image)
    {
        var time = File.GetLastWriteTimeUtc(image);
        switch (what)
        {
            case "weights":
                using (var encoder = (Options with { Seed = 99 }).InitialEncoder(torch.CPU))
                {
                    RunFolder.Open<RunOptions>(Run).Folder.SaveEncoder(encoder);
                }

                break;
            case "options":
                var config = Path.Combine(Run, "config.json");
                var told = File.ReadAllText(config);
                var other = told.Replace("\"EvaluationResize\": 30", "\"EvaluationResize\": 26", StringComparison.Ordinal);
                other.Should().NotBe(told);
                File.WriteAllText(config, other);
                break;
            case "size":
                File.AppendAllText(image, "more");
                File.SetLastWriteTimeUtc(image, time);
                break;
            case "time":
                File.SetLastWriteTimeUtc(image, time.AddSeconds(1));
                break;
            default:
                File.Move(image, Path.Combine(Path.GetDirectoryName(image)!, "0.jpg"));
                break;
        }
    }

    private static float[] Features(IReadOnlyList<string> paths, RunOptions? seen = null)
    {
        using var embedder = ImageEmbedder.Of(Options.InitialEncoder(torch.CPU), seen ?? Options, SkiaImage.Read);
        return [.. embedder.EmbedFiles(paths).SelectMany(features => features)];
    }
}
