using Clamp.Losses.Training.Onnx;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using DataType = Clamp.Losses.Training.Onnx.TensorProto.Types.DataType;
using TensorElementType = Microsoft.ML.OnnxRuntime.Tensors.TensorElementType;

namespace Clamp.Losses.Training.Tests;

public sealed class OnnxFileTests : IDisposable
{
    private static readonly RunOptions Options = new() { StemPadding = 2, ImageSize = 48 };
    private readonly TemporaryFolder _temporary = new();

    private string File => _temporary.PathOf("encoder.onnx");

    public void Dispose() => _temporary.Dispose();

    [Theory]
    [InlineData(OnnxPrecision.Float32)]
    [InlineData(OnnxPrecision.Float16)]
    public void Write_NamesInputAndOutput_InFloat32OfAnyBatchAndSize(OnnxPrecision precision)
    {
        Write(precision: precision);

        using var session = new OnnxRuntimeSession(File);

        var (input, output) = (session.Inputs.Should().ContainSingle().Which, session.Outputs.Should().ContainSingle().Which);
        (input.Key, input.Value.ElementDataType).Should().Be(("images", TensorElementType.Float));
        input.Value.SymbolicDimensions.Should().Equal("N", "", "H", "W");
        input.Value.Dimensions.Should().Equal(-1, 3, -1, -1);
        (output.Key, output.Value.ElementDataType).Should().Be(("features", TensorElementType.Float));
        output.Value.SymbolicDimensions.Should().Equal("N", "");
        output.Value.Dimensions.Should().Equal(-1, 64);
    }

    [Fact]
    public void Write_FoldsEveryBatchNorm()
    {
        Write();

        var graph = Read().Graph;

        graph.Node.Select(node => node.OpType).Distinct().Should().BeEquivalentTo(
            "Sub", "Div", "Conv", "Relu", "Add", "GlobalAveragePool", "Flatten", "Identity");
        graph.Initializer.Select(weights => weights.Name).Should().Contain("encoder.layer2.0.downsample.0.weight")
            .And.Contain("encoder.layer2.0.downsample.0.bias").And.NotContain(name => name.Contains("bn1"));
    }

    [Fact]
    public void Write_InFloat16_HalvesTheWeights()
    {
        Write();
        var whole = new FileInfo(File).Length;

        Write(precision: OnnxPrecision.Float16);

        new FileInfo(File).Length.Should().BeLessThan(whole * 6 / 10);
        Read().Graph.Initializer.Where(weights => weights.DataType == (int)DataType.Float).Select(weights => weights.Name)
            .Should().BeEquivalentTo("mean", "deviation");
    }

    [Fact]
    public void Write_InFloat16_NormalisesAndAveragesInFloat32()
    {
        Write(precision: OnnxPrecision.Float16);

        var nodes = Read().Graph.Node;
        var casts = nodes.Where(node => node.OpType == "Cast").ToList();
        casts.Select(cast => cast.Attribute.Single().I).Should().Equal((long)DataType.Float16, (long)DataType.Float);
        casts[0].Input.Should().Equal(nodes.Single(node => node.OpType == "Div").Output);
        nodes.Single(node => node.OpType == "GlobalAveragePool").Input.Should().Equal(casts[1].Output);
    }

    [Fact]
    public void Write_TellsWhatImagesTheEncoderExpects()
    {
        Write(Options with
        {
            Dataset = DatasetKind.ImageFolder,
            Normalisation = Normalisation.Named["imagenet"],
            EvaluationResize = 56,
            EvaluationInterpolation = Interpolation.Bicubic,
        }, OnnxPrecision.Float16);

        using var session = new OnnxRuntimeSession(File);

        session.Metadata.Should().Contain(new Dictionary<string, string>
        {
            ["architecture"] = "tiny",
            ["dataset"] = "ImageFolder",
            ["evaluation_interpolation"] = "bicubic",
            ["evaluation_resize"] = "56",
            ["features"] = "64",
            ["image_size"] = "48",
            ["mean"] = "0.485,0.456,0.406",
            ["output"] = "features of the encoder",
            ["precision"] = "float16",
            ["run"] = "mine",
            ["standard_deviation"] = "0.229,0.224,0.225",
            ["stem_padding"] = "2",
        }).And.ContainKeys("licence", "normalisation", "producer", "stem");
    }

    [Theory]
    [InlineData(DatasetKind.Cifar100Coarse, "32")]
    [InlineData(DatasetKind.FashionMnist, "28")]
    [InlineData(DatasetKind.Unknown, "48")]
    public void Write_TellsTheSizeOfTheImages(DatasetKind dataset, string size)
    {
        Write(Options with { Dataset = dataset });

        using var session = new OnnxRuntimeSession(File);

        session.Metadata.Should().Contain("image_size", size);
    }

    [Fact]
    public void Write_WithAHead_TellsItsWidth()
    {
        using var encoder = Options.InitialEncoder(CPU);
        using var head = new ProjectionHead(encoder.FeatureWidth, [24]);

        OnnxFile.Write(File, encoder, Options, head);

        using var session = new OnnxRuntimeSession(File);
        session.Metadata.Should().Contain("features", "24").And.Contain("output", "embeddings of the projection head").And.NotContainKey("run");
    }

    [Fact]
    public void Write_Twice_WritesTheSame()
    {
        using var encoder = Options.InitialEncoder(CPU);
        OnnxFile.Write(File, encoder, Options);
        var first = System.IO.File.ReadAllBytes(File);

        OnnxFile.Write(File, encoder, Options);

        System.IO.File.ReadAllBytes(File).Should().Equal(first);
    }

    [Theory]
    [InlineData(float.NaN, OnnxPrecision.Float32)]
    [InlineData(float.PositiveInfinity, OnnxPrecision.Float32)]
    [InlineData(1e6f, OnnxPrecision.Float16)]
    public void Write_OfAWeightThatCannotBeStored_NamesItAndKeepsTheEarlierFile(float value, OnnxPrecision precision)
    {
        System.IO.File.WriteAllText(File, "earlier");
        using var encoder = Options.InitialEncoder(CPU);
        using (no_grad())
        {
            encoder.state_dict()["layer2.0.bn1.weight"][3] = torch.tensor(value);
        }

        var write = () => OnnxFile.Write(File, encoder, Options, precision: precision);

        write.Should().Throw<TrainingDivergedException>().WithMessage($"encoder.layer2.0.conv1.weight*NaN, infinite or too large for {precision}*");
        System.IO.File.ReadAllText(File).Should().Be("earlier");
    }

    [SkippableFact]
    public void Write_OnABrokenDisk_KeepsTheEarlierFile()
    {
        System.IO.File.WriteAllText(File, "earlier");
        using var broken = FailingDisk.Break();

        var write = () => Write();

        write.Should().Throw<IOException>().WithMessage($"'{File}' could not be written*");
        Directory.GetFiles(_temporary.Root.FullName).Should().Equal(File);
        System.IO.File.ReadAllText(File).Should().Be("earlier");
    }

    [Fact]
    public void Write_OfALayerThatCannotBeExported_NamesItAndWhatCan()
    {
        using var network = Sequential(Conv2d(3, 8, 3), Sequential(ReLU(), GELU()), AdaptiveAvgPool2d(1), Flatten());

        Refusing(network).Should().Throw<NotSupportedException>()
            .WithMessage("'encoder.1.1', of type GELU, cannot be exported to ONNX here. What can: a ResNet, a ProjectionHead,*Sequential*Conv2d*");
    }

    [Fact]
    public void Write_OfAModuleOfTheUsersOwn_NamesItAndWhatCan()
    {
        using var network = new OwnModule();

        Refusing(network).Should().Throw<NotSupportedException>().WithMessage("'encoder', of type OwnModule, cannot*What can:*");
    }

    [Fact]
    public void Write_OfASequentialWithAForwardOfItsOwn_Refuses()
    {
        using var network = new OwnSequence();

        Refusing(network).Should().Throw<NotSupportedException>().WithMessage("'encoder', of type OwnSequence, cannot*");
    }

    [Fact]
    public void Write_OfFeaturesWhoseWidthDependsOnTheImages_Refuses()
    {
        using var network = Sequential(Conv2d(3, 8, 3), Flatten());

        Refusing(network).Should().Throw<NotSupportedException>().WithMessage("'encoder.1', of type Flatten*Flatten() after that*");
    }

    [Fact]
    public void Write_OfAMap_SaysThatItIsNone()
    {
        using var network = Sequential(Conv2d(3, 8, 3), ReLU());

        Refusing(network).Should().Throw<NotSupportedException>().WithMessage("The network makes [N, 8, H, W] of images; it must make [N, F]*");
    }

    [Fact]
    public void Write_OfABatchNormWithoutStatistics_Refuses()
    {
        using var network = Sequential(Conv2d(3, 8, 3), BatchNorm2d(8, track_running_stats: false), AdaptiveAvgPool2d(1), Flatten());

        Refusing(network).Should().Throw<NotSupportedException>().WithMessage("*without running statistics*");
    }

    [Fact]
    public void Write_OfAnotherPadding_Refuses()
    {
        using var network = Sequential(Conv2d(3, 8, 3, padding: 1, padding_mode: TorchSharp.PaddingModes.Reflect), AdaptiveAvgPool2d(1), Flatten());

        Refusing(network).Should().Throw<NotSupportedException>().WithMessage("'encoder.0', of type Conv2d,*number of zeros*");
    }

    [Fact]
    public void Write_WithANormalisationOutOfRange_Refuses()
    {
        var write = () => Write(Options with { Normalisation = new Normalisation { StandardDeviation = [0, 1, 1] } });

        write.Should().Throw<InvalidOptionsException>().WithMessage("*StandardDeviation is 0,1,1*");
    }

    [Fact]
    public void Write_LeavesNoTensorsBehind()
    {
        Write();
        var before = LiveTensors.Count;

        Write(precision: OnnxPrecision.Float16);

        LiveTensors.Count.Should().Be(before);
    }

    private void Write(RunOptions? options = null, OnnxPrecision precision = OnnxPrecision.Float32)
    {
        using var encoder = Options.InitialEncoder(CPU);
        OnnxFile.Write(File, encoder, options ?? Options, precision: precision, run: "mine");
    }

    private ModelProto Read() => ModelProto.Parser.ParseFrom(System.IO.File.ReadAllBytes(File));

    private Action Refusing(Module<Tensor, Tensor> network) => () => OnnxFile.Write(File, network, new PretrainOptions());

    private sealed class OwnModule() : Module<Tensor, Tensor>(nameof(OwnModule))
    {
        public override Tensor forward(Tensor input) => input.mean([2, 3]);
    }

    private sealed class OwnSequence() : TorchSharp.Modules.Sequential(Conv2d(3, 8, 3), AdaptiveAvgPool2d(1), Flatten())
    {
        public override Tensor forward(Tensor input) => base.forward(input).neg();
    }
}
