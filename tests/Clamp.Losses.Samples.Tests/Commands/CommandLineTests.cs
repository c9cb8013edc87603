using System.Text;
using System.Text.RegularExpressions;
using Clamp.Losses.Samples.Tests.Support;
using Clamp.Losses.Training;
using Clamp.Losses.Training.Tests;

namespace Clamp.Losses.Samples.Tests.Commands;

/// <summary>One at a time, because the console belongs to the process.</summary>
[CollectionDefinition(nameof(CommandLineTests), DisableParallelization = true)]
[Collection(nameof(CommandLineTests))]
public sealed class CommandLineTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    private string Folder => Path.Combine(_temporary.Root.FullName, "run");

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Pretrain_SmallRun_WritesTheRunFolderAndTheTable()
    {
        var (exit, output, error) = Run(
            "pretrain", "--train-images", "48", "--test-images", "24", "--image-size", "16", "--epochs", "2", "--batch-size", "12",
            "--views", "2", "--projection", "16,8", "--output", Folder);

        exit.Should().Be(0, error);
        output.Should().ContainAll("linear probe", "20-NN", "mean contacts", "mean radius", "images/s", "step 8/8");
        Directory.GetFiles(Folder).Select(Path.GetFileName).Should()
            .BeEquivalentTo(
                "config.json", "provenance.json", "metrics.csv", "encoder.dat", "training.png", "score.json", "held-out.txt", "run.lock", "run.pid");
        File.ReadAllLines(Path.Combine(Folder, "metrics.csv")).Should().HaveCount(1 + 8);
        File.ReadAllBytes(Path.Combine(Folder, "training.png"))[..4].Should().Equal(0x89, (byte)'P', (byte)'N', (byte)'G');
    }

    [Theory]
    [InlineData("--loss alignment-uniformity", "\"Loss\": \"AlignmentUniformity\"", "loss AlignmentUniformity")]
    [InlineData("--loss vicreg", "\"Loss\": \"VicReg\"", "loss VicReg")]
    [InlineData("--chunk 5", "\"Chunk\": 5", "loss Clamp")]
    public void Pretrain_LossAndChunk_AreUsedAndKept(string arguments, string config, string told)
    {
        var (exit, output, error) = Run(
            ["pretrain", "--train-images", "24", "--test-images", "12", "--image-size", "16", "--epochs", "1", "--batch-size", "12",
            "--views", "2", "--output", Folder, .. arguments.Split(' ')]);

        exit.Should().Be(0, error);
        output.Should().Contain(told);
        File.ReadAllText(Path.Combine(Folder, "config.json")).Should().Contain(config);
    }

    [Fact]
    public void Pretrain_OutputIsAFile_IsToldAndTheFileIsKept()
    {
        var file = _temporary.PathOf("file");
        File.WriteAllText(file, "kept");

        var (exit, _, error) = Run("pretrain", "--train-images", "24", "--test-images", "12", "--image-size", "16", "--output", file);

        exit.Should().Be(1);
        error.Should().StartWith($"error: The output folder '{file}' cannot be created").And.NotContain("   at ");
        File.ReadAllText(file).Should().Be("kept");
    }

    [Fact]
    public void Pretrain_Quiet_WritesTheResultAloneAndAFinishedRunIsNotResumed()
    {
        var (_, result, errors) = Run(
            "pretrain", "--train-images", "24", "--test-images", "12", "--image-size", "16", "--epochs", "1", "--views", "2", "--quiet",
            "--output", Folder);
        var encoder = File.ReadAllBytes(Path.Combine(Folder, "encoder.dat"));

        var (exit, output, _) = Run("pretrain", "--resume", Folder);

        errors.Should().BeEmpty();
        result.TrimEnd().Should().StartWith("linear probe").And.EndWith(Folder).And.NotContain("\n");
        exit.Should().Be(0);
        output.Should().Contain($"The run in {Folder} is finished");
        File.ReadAllBytes(Path.Combine(Folder, "encoder.dat")).Should().Equal(encoder);
    }

    [Fact]
    public void Pretrain_ResumeWithOtherSettings_NamesThem()
    {
        Run("pretrain", "--train-images", "24", "--test-images", "12", "--image-size", "16", "--epochs", "1", "--output", Folder);
        File.Delete(Path.Combine(Folder, "encoder.dat"));

        var (exit, _, error) = Run("pretrain", "--resume", Folder, "--epochs", "7");

        exit.Should().Be(1);
        error.Should().Contain("Epochs was 1 and is 7").And.NotContain("Views");
    }

    [Theory]
    [InlineData("pretrain --dataset cifar10", "--data-root")]
    [InlineData("pretrain --views 1 --epochs 0", "--views is 1")]
    [InlineData("pretrain --views 1 --epochs 0", "--epochs is 0")]
    [InlineData("pretrain --set Momentum=1", "error: Momentum is 1")]
    [InlineData("knn --run no-such-run --k 0", "--k is 0")]
    [InlineData("pretrain --radius-scale -2 --train-images 24 --test-images 12", "RadiusScale is -2")]
    [InlineData("pretrain --dataset imagenet", "must be shapes, cifar10, cifar100, cifar100-coarse, fashion-mnist, mnist or imagefolder")]
    [InlineData("pretrain --manifest list.csv --dataset cifar10 --data-root x", "it must be absent unless Dataset is ImageFolder; it is Cifar10")]
    [InlineData("pretrain --manifest no-such-list", "a path or path,label on each line")]
    [InlineData("pretrain --test-manifest list.csv", "it must be absent unless Manifest is given")]
    [InlineData("pretrain --download", "--download is given without --data-root")]
    [InlineData("pretrain --download --data-root nowhere", "nothing to download for Shapes")]
    [InlineData("pretrain --dataset cifar100 --data-root nowhere", "cifar-100-binary.tar.gz")]
    [InlineData("pretrain --dataset cifar100 --data-root nowhere", "--download")]
    [InlineData("pretrain --dataset cifar10", "--download")]
    [InlineData("pretrain --dataset unknown", "not known; name some with --dataset")]
    [InlineData("pretrain --projection 64;32", "--projection is '64;32'; it must be whole numbers with commas between them")]
    [InlineData("pretrain --loss simclr", "must be clamp, nt-xent, vicreg, barlow-twins, mmcr or alignment-uniformity")]
    [InlineData("pretrain --loss 7", "--loss is '7'")]
    [InlineData("pretrain --loss nt-xent --chunk 16", "unless Loss is Clamp")]
    [InlineData("probe --run no-such-run", "config.json")]
    [InlineData("pretrain --resume no-such-run", "name the folder of a pretraining")]
    [InlineData("pretrain --resume old --output new", "give one of them")]
    [InlineData("pretrain --keep-checkpoints 0", "--keep-checkpoints is 0; it must be at least 1")]
    [InlineData("export --run no-such-run --output encoder.safetensors", "config.json")]
    [InlineData("export --run no-such-run --output encoder.onnx --format tensorflow", "--format is 'tensorflow'; it must be safetensors or onnx")]
    [InlineData("export --run no-such-run --output encoder.onnx --precision bfloat16", "it must be float32 or float16")]
    [InlineData("export --run no-such-run --output encoder.safetensors --precision float16", "--precision and --head are for --format onnx")]
    [InlineData("export --run no-such-run --output encoder.onnx --format safetensors --head", "--precision and --head are for --format onnx")]
    [InlineData("import --weights no-such-file --encoder tiny --output run", "no-such-file")]
    [InlineData("import --weights no-such-file --encoder vgg --output run", "must be tiny, resnet18, resnet34 or resnet50")]
    [InlineData("pretrain --epoch 3", "'--epoch'")]
    [InlineData("pretrain --learning-rate 0,004", "--learning-rate is '0,004'; it must be a number")]
    [InlineData("pretrain --radius-scale 3,5", "--radius-scale is '3,5'; it must be a number")]
    [InlineData("pretrain --radius-scale 1e300", "RadiusScale is 1E+300")]
    [InlineData("finetune --run no-such-run --fraction 0,5", "--fraction is '0,5'; it must be a number")]
    [InlineData("pretrain --views 1000000000", "--views is 1000000000; it must be from 2 to 1000")]
    [InlineData("pretrain --train-images 24 --test-images 12 --batch-size 4 --epochs 500000000 --output not-made", "--epochs is 500000000; it must be at most")]
    [InlineData("pretrain --train-images 24 --test-images 12 --set Projection=1000000000 --output not-made", "the memory does not suffice: lower --batch-size")]
    [InlineData("toy", "--output")]
    [InlineData("toy --output not-made --steps 0 --noise 0", "--steps is 0; it must be from 1")]
    [InlineData("toy --output not-made --steps 0 --noise 0", "--noise is 0; it must be above 0")]
    [InlineData("toy --output not-made --radius-scale -2", "--radius-scale is -2")]
    [InlineData("toy --output not-made --dataset mnist", "--data-root is missing")]
    [InlineData("pretrain --precision float16", "must be float32 or bfloat16")]
    public void Run_MistakeOfTheUser_IsToldInALineWithoutAStackTrace(string arguments, string message)
    {
        var (exit, output, error) = Run(arguments.Split(' '));

        exit.Should().Be(1);
        error.Should().Contain(message).And.NotContain("   at ");
        output.Should().NotContain("Usage:");
    }

    [Fact]
    public void Pretrain_EmptyOutput_IsRefused()
    {
        var (exit, _, error) = Run("pretrain", "--output", "");

        exit.Should().Be(1);
        error.Should().StartWith("--output is empty.");
    }

    [Fact]
    public void Run_Verbose_ShowsWhereAMistakeWasFound()
    {
        var (exit, _, error) = Run("pretrain", "--preset", "none", "--verbose");

        exit.Should().Be(1);
        error.Should().StartWith("error: --preset is 'none'").And.Contain("   at ");
    }

    [Fact]
    public void Pretrain_BatchBeyondTheImages_TakesThemAll()
    {
        var (exit, output, error) = Run(
            "pretrain", "--train-images", "24", "--test-images", "12", "--image-size", "16", "--epochs", "1", "--views", "2",
            "--batch-size", "2147483647", "--output", Folder);

        exit.Should().Be(0, error);
        output.Should().Contain("1 steps of");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("st,ep\n1,1,lost\n")]
    public void Pretrain_MetricsLostOrDamaged_StillEndsWithAnEncoder(string? metrics)
    {
        Run("pretrain", "--train-images", "24", "--test-images", "12", "--image-size", "16", "--epochs", "1", "--views", "2", "--output", Folder);
        var encoder = File.ReadAllBytes(Path.Combine(Folder, "encoder.dat"));
        File.Delete(Path.Combine(Folder, "encoder.dat"));
        File.Delete(Path.Combine(Folder, "metrics.csv"));
        if (metrics is not null)
        {
            File.WriteAllText(Path.Combine(Folder, "metrics.csv"), metrics);
        }

        var (exit, output, error) = Run("pretrain", "--resume", Folder);

        exit.Should().Be(0, error);
        error.Should().Contain("warning: there is no plot of the training");
        output.Should().Contain("linear probe");
        File.ReadAllBytes(Path.Combine(Folder, "encoder.dat")).Should().Equal(encoder);
    }

    [Fact]
    public void Pretrain_PrintConfig_LaysPresetFileEnvironmentOptionsAndSetOverEachOther()
    {
        var file = Path.Combine(_temporary.Root.FullName, "mine.json");
        File.WriteAllText(file, """{ "Epochs": 2, "Views": 2, "Chunk": 2, "Seed": 2, "BatchSize": 12 }""");
        Environment.SetEnvironmentVariable("CLAMP_Views", "3");
        Environment.SetEnvironmentVariable("CLAMP_Chunk", "3");
        Environment.SetEnvironmentVariable("CLAMP_Clamp__RadiusScale", "3.5");
        try
        {
            var (exit, output, error) = Run(
                "pretrain", "--print-config", "--preset", "cifar10", "--data-root", "x", "--config", file, "--chunk", "4", "--seed", "4",
                "--set", "Seed=5", "--set", "Projection=6,5");

            exit.Should().Be(0, error);
            output.Should().ContainAll(
                "\"Encoder\": \"ResNet18\"", "\"Epochs\": 2,", "\"Views\": 3,", "\"Chunk\": 4,", "\"Seed\": 5,", "\"RadiusScale\": 3.5",
                "\"BatchSize\": 12,");
            output.Should().MatchRegex(@"""Projection"": \[\s*6,\s*5\s*\]");
        }
        finally
        {
            Environment.SetEnvironmentVariable("CLAMP_Views", null);
            Environment.SetEnvironmentVariable("CLAMP_Chunk", null);
            Environment.SetEnvironmentVariable("CLAMP_Clamp__RadiusScale", null);
        }
    }

    [Fact]
    public void Pretrain_UnknownVariable_IsNamedAsTheEnvironmentsOwn()
    {
        Environment.SetEnvironmentVariable("CLAMP_Clamp__RadiusScal", "3");
        try
        {
            var (exit, _, error) = Run("pretrain", "--set", "Views");

            exit.Should().Be(1);
            error.Should().ContainAll("CLAMP_Clamp__RadiusScal is no setting; did you mean Clamp:RadiusScale?", "--set Views is ''");
        }
        finally
        {
            Environment.SetEnvironmentVariable("CLAMP_Clamp__RadiusScal", null);
        }
    }

    [Fact]
    public void Pretrain_ScaledLearningRate_IsTold()
    {
        var (exit, output, error) = Run(
            "pretrain", "--train-images", "24", "--test-images", "12", "--image-size", "16", "--epochs", "1", "--batch-size", "12",
            "--views", "2", "--optimizer", "lars", "--learning-rate", "1", "--set", "LearningRateScaling=Linear", "--output", Folder);

        exit.Should().Be(0, error);
        output.Should().Contain("Lars with peak learning rate 0.04688");
        File.ReadAllText(Path.Combine(Folder, "provenance.json")).Should().Contain("\"BatchSize\"");
    }

    [Fact]
    public void Toy_FewSteps_WritesStripAndPageAndKeepsThem()
    {
        string[] toy = ["toy", "--steps", "3", "--views", "4", "--output", Folder];

        var (exit, output, error) = Run(toy);

        exit.Should().Be(0, error);
        output.Should().ContainAll("step 0: loss", "step 3: loss", "contacts");
        Directory.GetFiles(Folder).Select(Path.GetFileName).Should().BeEquivalentTo("toy.png", "toy.html");
        Run(toy).Error.Should().ContainAll("earlier result", "--force");
        Run([.. toy, "--force"]).Exit.Should().Be(0);
    }

    [Fact]
    public void Toy_Mnist_ShowsOneImageOfEachDigit()
    {
        foreach (var split in new[] { "train", "t10k" })
        {
            var pixels = Enumerable.Range(0, 20 * 28 * 28).Select(i => (byte)(i / 784 * 12)).ToArray();
            File.WriteAllBytes(_temporary.PathOf($"{split}-images-idx3-ubyte"), IdxContent.Of([20, 28, 28], pixels));
            File.WriteAllBytes(_temporary.PathOf($"{split}-labels-idx1-ubyte"), IdxContent.Of([20], [.. Enumerable.Range(0, 20).Select(i => (byte)(i % 10))]));
        }

        var (exit, output, error) = Run(
            "toy", "--dataset", "mnist", "--data-root", _temporary.Root.FullName, "--allow-partial", "--steps", "1", "--output", Folder);

        exit.Should().Be(0, error);
        output.Should().Contain("ten images of Mnist");
        Regex.Matches(File.ReadAllText(Path.Combine(Folder, "toy.html")), "\"name\":\"(\\d)\"").Select(match => match.Groups[1].Value)
            .Should().Equal("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
    }

    [Fact]
    public void Help_NamesEveryCommand()
    {
        var (exit, output, error) = Run("--help");

        exit.Should().Be(0, error);
        output.Should().ContainAll(
            "pretrain", "probe", "knn", "finetune", "transfer", "export", "import", "toy", "doctor", "Without arguments");
    }

    [Fact]
    public void ExportAndImport_OfARun_MakeARunThatIsProbedAlike()
    {
        var (file, imported) = (_temporary.PathOf("encoder.safetensors"), Path.Combine(_temporary.Root.FullName, "imported"));
        Run(
            "pretrain", "--train-images", "48", "--test-images", "24", "--image-size", "16", "--epochs", "1", "--views", "2", "--output", Folder,
            "--precision", "bfloat16");

        Run("export", "--run", Folder, "--output", file).Should().BeEquivalentTo((0, $"wrote Tiny, 54 tensors, to {file}{Environment.NewLine}", ""));
        Run("import", "--weights", file, "--encoder", "tiny", "--output", imported).Exit.Should().Be(0);

        string[] size = ["--train-images", "48", "--test-images", "24"];
        Run(["probe", "--run", imported, .. size]).Output.Replace(imported, Folder).Should().Be(Run(["probe", "--run", Folder, .. size]).Output);
    }

    [Fact]
    public void Export_ToOnnx_WritesEncoderOrEmbeddingsInThePrecisionAskedFor()
    {
        var (file, half, embeddings) = (_temporary.PathOf("encoder.onnx"), _temporary.PathOf("half"), _temporary.PathOf("embeddings.onnx"));
        Run(
            "pretrain", "--train-images", "48", "--test-images", "24", "--image-size", "16", "--epochs", "1", "--views", "2", "--output", Folder,
            "--projection", "40,20", "--score", "none");

        Run("export", "--run", Folder, "--output", file).Should().BeEquivalentTo((0, $"wrote Tiny, 64 features, to {file}{Environment.NewLine}", ""));
        Run("export", "--run", Folder, "--output", half, "--format", "onnx", "--precision", "float16").Exit.Should().Be(0);
        Run("export", "--run", Folder, "--output", embeddings, "--head").Should()
            .BeEquivalentTo((0, $"wrote Tiny with its projection head, 20 features, to {embeddings}{Environment.NewLine}", ""));

        new FileInfo(half).Length.Should().BeLessThan(new FileInfo(file).Length * 6 / 10);
        Encoding.Latin1.GetString(File.ReadAllBytes(file)).Should().ContainAll("images", "features", "\n\u0003run\u0012\u0003run");
        Encoding.Latin1.GetString(File.ReadAllBytes(embeddings)).Should().Contain("head.layers.2.weight");
    }

    [Fact]
    public void Export_ToAFileThatIsThere_KeepsItUnlessForced()
    {
        var file = _temporary.PathOf("encoder.safetensors");
        File.WriteAllText(file, "earlier");
        using var encoder = new RunOptions().InitialEncoder(torch.CPU);
        RunFolder.Create(Folder, new RunOptions()).SaveEncoder(encoder);

        var (exit, _, error) = Run("export", "--run", Folder, "--output", file);

        exit.Should().Be(1);
        error.Should().ContainAll("earlier result", "--force");
        File.ReadAllText(file).Should().Be("earlier");
        Run("export", "--run", Folder, "--output", file, "--force").Exit.Should().Be(0);
    }

    [Fact]
    public void Doctor_WhereTestsRun_PrintsTheTableAndSucceeds()
    {
        var (exit, output, error) = Run("doctor");

        exit.Should().Be(0, error);
        output.Should().ContainAll("libtorch's version", "training step", "ResNet-50's step", "Training works on this machine.");
    }

    private static (int Exit, string Output, string Error) Run(params string[] arguments) => Trainer.Run(arguments);
}
