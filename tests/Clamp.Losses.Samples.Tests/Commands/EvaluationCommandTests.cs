using System.Text.Json;
using Clamp.Losses.Samples.Tests.Support;
using Clamp.Losses.Training;
using Clamp.Losses.Training.Tests;

namespace Clamp.Losses.Samples.Tests.Commands;

/// <summary>Probe, knn, finetune and transfer on one tiny run; one at a time, because the console belongs to the process.</summary>
[Collection(nameof(CommandLineTests))]
public sealed class EvaluationCommandTests : IClassFixture<EvaluationCommandTests.TinyRun>, IDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly string _run;

    public EvaluationCommandTests(TinyRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        _run = run.Folder;
    }

    private string Output => Path.Combine(_temporary.Root.FullName, "output");

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Probe_FinishedRun_WritesScoresAndProtocolIntoItsFolder()
    {
        var output = Trainer.Succeed("probe", "--run", _run, "--train-images", "60", "--untrained", "--epochs", "3");

        output.Should().ContainAll("untrained", "pretrained", "top-5", "trained on 60 and scored on 24");
        var report = Read<ProbeReport>(Path.Combine(_run, "probe.json"));
        (report.Setting.TrainImages, report.Setting.TestImages, report.Setting.Classes).Should().Be((60, 24, 12));
        report.Setting.CheckpointSha256.Should().HaveLength(64);
        report.Protocol.Should().BeEquivalentTo(new ProbeOptions { Epochs = 3 });
        (report.Pretrained.Test.Top1 * 24).Should().BeApproximately(Math.Round(report.Pretrained.Test.Top1 * 24), 1e-9, "24 images were scored");
        report.Untrained.Should().NotBeNull();
    }

    [Fact]
    public void Probe_OtherProtocol_IsFollowedAndKept()
    {
        Trainer.Succeed(
            "probe", "--run", _run, "--augment", "--optimizer", "adamw", "--learning-rates", "0.01,0.02", "--epochs", "2", "--batch-size",
            "7", "--output", Output);

        var report = Read<ProbeReport>(Output);
        report.Protocol.Should().BeEquivalentTo(new ProbeOptions
        {
            Augment = true,
            Optimizer = ProbeOptimizer.AdamW,
            LearningRates = [0.01, 0.02],
            Epochs = 2,
            BatchSize = 7,
        });
        report.Pretrained.Sweep.Should().HaveCount(2);
        report.Untrained.Should().BeNull();
    }

    [Fact]
    public void Knn_FinishedRun_ReportsEveryK()
    {
        var output = Trainer.Succeed("knn", "--run", _run, "--k", "1,20", "200", "--temperature", "0.07", "--output", Output);

        output.Should().ContainAll("1-NN", "20-NN", "48-NN", "optimistic");
        var report = Read<NeighbourReport>(Output);
        report.Pretrained.Select(score => score.Neighbours).Should().Equal([1, 20, 48], "there are 48 training images");
        report.Temperature.Should().Be(0.07);
    }

    [Fact]
    public void Finetune_AFraction_WritesScoresWeightsAndLabels()
    {
        var output = Trainer.Succeed("finetune", "--run", _run, "--fraction", "0.5", "--epochs", "2", "--from-scratch", "--output", Output);

        output.Should().ContainAll("24 of 48", "from scratch: epoch 2/2", "pretrained: epoch 2/2", "top-5");
        Directory.GetFiles(Output).Select(Path.GetFileName).Should().BeEquivalentTo("finetune.json", "finetuned.dat", "labelled.txt");
        var report = Read<FinetuneReport>(Path.Combine(Output, "finetune.json"));
        (report.Fraction, report.LabelledImages, report.Pretrained.Protocol.EncoderRateScale).Should().Be((0.5, 24, 0.1));
        report.FromScratch!.Protocol.EncoderRateScale.Should().Be(1);
    }

    [Fact]
    public void Finetune_BatchBeyondTheImages_TakesThemAll()
    {
        Trainer.Succeed("finetune", "--run", _run, "--fraction", "0.5", "--epochs", "1", "--batch-size", "2147483647", "--output", Output);

        Report(Output).Pretrained.FinalLoss.Should().BeGreaterThan(0);
    }

    [Fact]
    public void Finetune_TheListOfAnEarlierOne_RepeatsItsScore()
    {
        Trainer.Succeed("finetune", "--run", _run, "--fraction", "0.5", "--epochs", "2", "--output", Output);
        var again = Path.Combine(_temporary.Root.FullName, "again");

        Trainer.Succeed("finetune", "--run", _run, "--list", Path.Combine(Output, "labelled.txt"), "--epochs", "2", "--output", again);

        var (first, second) = (Report(Output), Report(again));
        second.List.Should().EndWith("labelled.txt");
        second.Pretrained.Should().BeEquivalentTo(first.Pretrained);
    }

    [Fact]
    public void Transfer_GreyImagesOfAnotherSize_AreBroughtToTheOneAskedFor()
    {
        foreach (var split in new[] { "train", "t10k" })
        {
            _temporary.Write($"{split}-images-idx3-ubyte", IdxContent.Of([30, 28, 28], [.. Enumerable.Range(0, 30 * 784).Select(i => (byte)(i * 7 / 784))]));
            _temporary.Write($"{split}-labels-idx1-ubyte", IdxContent.Of([30], [.. Enumerable.Range(0, 30).Select(i => (byte)(i % 10))]));
        }

        Trainer.Succeed(
            "transfer", "--run", _run, "--dataset", "mnist", "--data-root", _temporary.Root.FullName, "--image-size", "16", "--epochs", "2",
            "--allow-partial", "--output", Output);

        var setting = Read<ProbeReport>(Output).Setting;
        (setting.Dataset, setting.TrainImages, setting.ImageHeight, setting.ImageWidth).Should().Be(("Mnist", 30, 16, 16));
        setting.Warnings.Should().ContainSingle().Which.Should().Contain("train-images-idx3-ubyte has 30 of 60000 images");
    }

    [Fact]
    public void ExportAndImport_OfAnotherNormalisation_KeepItAndItsScore()
    {
        var (run, file, imported) = (_temporary.PathOf("run"), _temporary.PathOf("encoder.safetensors"), _temporary.PathOf("imported"));
        string[] images = ["--train-images", "48", "--test-images", "24"];
        Trainer.Succeed(["pretrain", .. images, "--image-size", "16", "--epochs", "1", "--views", "2", "--normalisation", "imagenet", "--deviation", "0.2,0.3,0.4",
            "--output", run]);
        Trainer.Succeed("export", "--run", run, "--output", file);

        Trainer.Succeed("import", "--weights", file, "--encoder", "tiny", "--output", imported).Should()
            .Contain("shown images of mean 0.485,0.456,0.406 and deviation 0.2,0.3,0.4");

        Trainer.Succeed("knn", "--run", run, "--validation-share", "0", "--output", Output);
        var expected = Read<NeighbourReport>(Output);
        expected.Setting.Normalisation.Mean.Should().Equal(0.485, 0.456, 0.406);
        Trainer.Succeed(["knn", "--run", imported, .. images, "--validation-share", "0", "--output", Output, "--force"]);
        Read<NeighbourReport>(Output).Pretrained.Should().Equal(expected.Pretrained);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Probe_OfAnotherNormalisation_TrainsAndScoresByIt(bool augment)
    {
        var run = OfAnotherNormalisation();

        Trainer.Succeed("probe", "--run", run, "--epochs", "3", "--augment", $"{augment}", "--output", Output);

        var (folder, options) = RunFolder.Open<RunOptions>(run);
        using var encoder = options.InitialEncoder(TorchSharp.torch.CPU);
        folder.LoadEncoder(encoder);
        var images = options.LoadImages();
        using var features = FeatureExtractor.Extract(encoder, images, TorchSharp.torch.CPU, options.Normalisation);
        var views = new MultiViewAugmentation([options.Augmentation.CropsAndFlips()], options.Seed, options.Normalisation);
        var seen = augment
            ? features with { Augmented = epoch => FeatureExtractor.ExtractViews(encoder, images.Train, views, epoch, TorchSharp.torch.CPU) }
            : features;
        Read<ProbeReport>(Output).Pretrained.Should()
            .BeEquivalentTo(LinearProbe.Evaluate(seen, images.Train.ClassNames.Count, options.Seed, new ProbeOptions { Epochs = 3 }));
    }

    [Fact]
    public void Knn_OfAnotherNormalisation_ScoresByIt()
    {
        var run = OfAnotherNormalisation();

        Trainer.Succeed("knn", "--run", run, "--output", Output);

        var (folder, options) = RunFolder.Open<RunOptions>(run);
        using var encoder = options.InitialEncoder(TorchSharp.torch.CPU);
        folder.LoadEncoder(encoder);
        var images = options.LoadImages();
        using var features = FeatureExtractor.Extract(encoder, images, TorchSharp.torch.CPU, options.Normalisation);
        Read<NeighbourReport>(Output).Pretrained.Should()
            .Equal(NearestNeighbours.Evaluate(features.Train, features.Test, images.Train.ClassNames.Count, new NeighbourOptions()));
    }

    [Fact]
    public void Finetune_OfAnotherNormalisation_TrainsAndChoosesByIt()
    {
        string[] finetune = ["finetune", "--fraction", "1", "--epochs", "2", "--learning-rates", "0.03,0.1,0.3", "--validation-share", "0.5"];
        Trainer.Succeed([.. finetune, "--run", _run, "--output", Output]);
        Trainer.Succeed([.. finetune, "--run", OfAnotherNormalisation(), "--output", _temporary.PathOf("result")]);

        var (first, second) = (Report(Output).Pretrained, Report(_temporary.PathOf("result")).Pretrained);
        second.FinalLoss.Should().NotBe(first.FinalLoss);
        second.Sweep.Should().NotEqual(first.Sweep);
    }

    [Fact]
    public void Import_WithANormalisation_ReplacesThatOfTheFile()
    {
        var (file, imported) = (_temporary.PathOf("encoder.safetensors"), _temporary.PathOf("imported"));
        Trainer.Succeed("export", "--run", _run, "--output", file);

        Trainer.Succeed("import", "--weights", file, "--encoder", "tiny", "--normalisation", "cifar10", "--evaluation-resize", "40", "--output", imported);

        var options = RunFolder.Open<RunOptions>(imported).Options;
        options.Normalisation.Should().Be(Normalisation.Named["cifar10"]);
        options.EvaluationResize.Should().Be(40);
    }

    [Theory]
    [InlineData("knn")]
    [InlineData("finetune --epochs 1 --fraction 0.5")]
    public void Run_AnEarlierResult_IsKeptUnlessForced(string command)
    {
        string[] arguments = [.. command.Split(' '), "--run", _run, "--output", Output];
        Trainer.Succeed(arguments);

        var (exit, _, error) = Trainer.Run(arguments);

        exit.Should().Be(1);
        error.Should().ContainAll("earlier result", "--force").And.NotContain("   at ");
        Trainer.Succeed([.. arguments, "--force"]);
    }

    [Theory]
    [InlineData("probe --learning-rates 0 --epochs 0", "--epochs is 0")]
    [InlineData("probe --optimizer lars", "must be sgd, adam or adamw")]
    [InlineData("knn --k 0", "--k is 0")]
    [InlineData("knn --k 1,5.5", "--k is '1,5.5'; it must be whole numbers with commas between them")]
    [InlineData("probe --learning-rates 0.1,", "--learning-rates is '0.1,'; it must be numbers with commas")]
    [InlineData("knn --temperature 0", "--temperature is 0")]
    [InlineData("finetune --fraction 0.5 --list x.txt", "only one")]
    [InlineData("finetune --fraction 0.01", "12 classes need one each")]
    [InlineData("finetune --list no-such-list.txt", "no-such-list.txt")]
    [InlineData("finetune --encoder-rate-scale -1", "--encoder-rate-scale is -1")]
    [InlineData("knn --evaluation-resize 15", "--evaluation-resize is 15; it must be 0, or from the image size, 16, to 2048")]
    [InlineData("knn --evaluation-interpolation nearest", "must be bilinear or bicubic")]
    [InlineData("transfer", "--dataset")]
    [InlineData("transfer --dataset mnist", "--data-root is not given")]
    public void Run_MistakeOfTheUser_IsToldInALineWithoutAStackTrace(string command, string message)
    {
        var (exit, _, error) = Trainer.Run([.. command.Split(' '), "--run", _run, "--output", Output]);

        exit.Should().Be(1);
        error.Should().Contain(message).And.NotContain("   at ");
        File.Exists(Output).Should().BeFalse();
    }

    /// <summary>The folder of the same run, as if its images had been normalised otherwise.</summary>
    private string OfAnotherNormalisation()
    {
        var config = _temporary.PathOf("other", "config.json");
        File.Copy(Path.Combine(_run, "encoder.dat"), _temporary.PathOf("other", "encoder.dat"));
        var options = RunFolder.Open<RunOptions>(_run).Options with { Normalisation = Normalisation.Named["mnist"] };
        File.WriteAllText(config, options.ToJson());
        return Path.GetDirectoryName(config)!;
    }

    private static FinetuneReport Report(string folder) => Read<FinetuneReport>(Path.Combine(folder, "finetune.json"));

    private static T Read<T>(string path) => JsonSerializer.Deserialize<T>(File.ReadAllText(path), ResultFile.Format)!;

    /// <summary>A pretraining of a few steps that the tests share.</summary>
    public sealed class TinyRun : IDisposable
    {
        private readonly TemporaryFolder _temporary = new();

        public TinyRun() => Trainer.Succeed(
            "pretrain", "--train-images", "48", "--test-images", "24", "--image-size", "16", "--epochs", "1", "--views", "2", "--output", Folder);

        public string Folder => Path.Combine(_temporary.Root.FullName, "run");

        public void Dispose() => _temporary.Dispose();
    }
}
