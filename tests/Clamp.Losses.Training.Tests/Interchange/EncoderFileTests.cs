namespace Clamp.Losses.Training.Tests;

public sealed class EncoderFileTests : IDisposable
{
    private static readonly RunOptions Options = new() { StemPadding = 2, ImageSize = 48 };
    private readonly TemporaryFolder _temporary = new();

    private string File => _temporary.PathOf("encoder.safetensors");

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Read_OfAnExport_RestoresWeightsStemAndImageSize()
    {
        using var encoder = WriteEncoder();

        var (read, options, hasClassifier) = EncoderFile.Read(File, EncoderKind.Tiny);

        using (read)
        {
            options.Should().BeEquivalentTo(Options);
            hasClassifier.Should().BeFalse();
            var (actual, expected) = (read.state_dict(), encoder.state_dict());
            actual.Keys.Should().BeEquivalentTo(expected.Keys);
            foreach (var (name, value) in actual)
            {
                value.bytes.ToArray().Should().Equal(expected[name].bytes.ToArray(), name);
            }
        }
    }

    [Fact]
    public void Write_TellsHowToRebuildTheEncoder()
    {
        WriteEncoder().Dispose();

        using var file = SafetensorsFile.Read(File);

        file.Metadata.Should().Contain("format", "pt").And.Contain("architecture", "tiny").And.Contain("features", "64")
            .And.Contain("stem_padding", "2").And.Contain("image_size", "48").And.Contain("mean", "0.5")
            .And.Contain("standard_deviation", "0.25").And.ContainKey("producer");
    }

    [Fact]
    public void Write_ForADataSetWithASizeOfItsOwn_TellsNoImageSize()
    {
        using var encoder = Options.InitialEncoder(torch.CPU);

        EncoderFile.Write(File, encoder, Options with { Dataset = DatasetKind.Mnist });

        using var file = SafetensorsFile.Read(File);
        file.Metadata.Should().NotContainKey("image_size").And.Contain("dataset", "Mnist");
    }

    [Fact]
    public void Read_OfAnExport_RestoresNormalisationAndEvaluation()
    {
        var written = Options with
        {
            Dataset = DatasetKind.ImageFolder,
            Normalisation = Normalisation.Named["imagenet"],
            EvaluationResize = 56,
            EvaluationInterpolation = Interpolation.Bicubic,
        };
        using var encoder = Options.InitialEncoder(torch.CPU);
        EncoderFile.Write(File, encoder, written);

        var (read, options, _) = EncoderFile.Read(File, EncoderKind.Tiny);

        read.Dispose();
        options.Should().BeEquivalentTo(written);
        using var file = SafetensorsFile.Read(File);
        file.Metadata.Should().Contain("mean", "0.485,0.456,0.406").And.Contain("standard_deviation", "0.229,0.224,0.225");
    }

    [Theory]
    [InlineData("mean", "bright", "The metadata's mean is 'bright'; it must be a number, or three*")]
    [InlineData("standard_deviation", "0.1,0.2", "Normalisation: StandardDeviation is 0.1,0.2; it must be three*")]
    [InlineData("evaluation_interpolation", "nearest", "The metadata's evaluation_interpolation is 'nearest'; it must be bilinear or bicubic.")]
    public void Read_OfMetadataThatCannotBeUsed_NamesIt(string key, string value, string message)
    {
        using (var encoder = Options.InitialEncoder(torch.CPU))
        {
            SafetensorsFile.Write(File, encoder.state_dict(), new Dictionary<string, string> { [key] = value });
        }

        var read = () => EncoderFile.Read(File, EncoderKind.Tiny);

        read.Should().Throw<Exception>().WithMessage(message);
    }

    [Fact]
    public void Read_WithAStemPaddingAndAnImageSize_PrefersThemToTheMetadata()
    {
        WriteEncoder().Dispose();

        var (encoder, options, _) = EncoderFile.Read(File, EncoderKind.Tiny, stemPadding: 1, imageSize: 24);

        encoder.Dispose();
        options.StemPadding.Should().Be(1);
        options.ImageSize.Should().Be(24);
    }

    [Fact]
    public void Read_WithImageNetsStem_TellsItByTheFirstConvolution()
    {
        using var encoder = Encoders.Create(EncoderKind.Tiny, smallStem: false);
        EncoderFile.Write(File, encoder, new RunOptions { SmallStem = false });

        var (read, options, _) = EncoderFile.Read(File, EncoderKind.Tiny);

        read.Dispose();
        options.SmallStem.Should().BeFalse();
    }

    [Theory]
    [InlineData(true, 32)]
    [InlineData(false, 224)]
    public void Read_WithoutMetadata_DoesNotMakeADataSetUp(bool smallStem, int imageSize)
    {
        using (var encoder = Encoders.Create(EncoderKind.Tiny, smallStem))
        {
            SafetensorsFile.Write(File, encoder.state_dict(), new Dictionary<string, string>());
        }

        var (read, options, _) = EncoderFile.Read(File, EncoderKind.Tiny);

        read.Dispose();
        (options.Dataset, options.ImageSize).Should().Be((DatasetKind.Unknown, imageSize));
        options.Normalisation.Should().Be(new Normalisation());
        var load = () => options.LoadImages();
        load.Should().Throw<ArgumentException>().WithMessage("*not known; name some with --dataset*");
    }

    [Fact]
    public void Read_OfAnExport_KnowsItsDataSet()
    {
        using var encoder = Options.InitialEncoder(torch.CPU);
        EncoderFile.Write(File, encoder, Options with { Dataset = DatasetKind.Cifar10 });

        var (read, options, _) = EncoderFile.Read(File, EncoderKind.Tiny);

        read.Dispose();
        options.Dataset.Should().Be(DatasetKind.Cifar10);
    }

    [Fact]
    public void Read_OfAClassifierToo_PassesItOver()
    {
        Rewrite(tensors =>
        {
            tensors["fc.weight"] = torch.zeros(10, 64);
            tensors["fc.bias"] = torch.zeros(10);
        });

        var (encoder, _, hasClassifier) = EncoderFile.Read(File, EncoderKind.Tiny);

        encoder.Dispose();
        hasClassifier.Should().BeTrue();
    }

    [Fact]
    public void Read_OfOtherFloatingPointTypes_ConvertsThem()
    {
        Rewrite(tensors =>
        {
            foreach (var (name, value) in tensors.Where(entry => entry.Value.is_floating_point()).ToList())
            {
                tensors[name] = value.bfloat16();
            }
        });

        var (encoder, _, _) = EncoderFile.Read(File, EncoderKind.Tiny);

        encoder.parameters().Should().OnlyContain(weight => weight.dtype == torch.ScalarType.Float32);
        encoder.Dispose();
    }

    [Fact]
    public void Read_OfUnfitTensors_ListsEveryOne()
    {
        Rewrite(tensors =>
        {
            tensors.Remove("bn1.bias");
            tensors["layer9.weight"] = torch.zeros(3);
            tensors["bn1.weight"] = torch.zeros(17);
            tensors["bn1.running_mean"] = torch.zeros(16, torch.ScalarType.Int64);
            tensors["bn1.running_var"] = torch.full(16, double.NaN, torch.ScalarType.Float32);
        });

        var read = () => EncoderFile.Read(File, EncoderKind.Tiny);

        read.Should().Throw<InvalidDataException>().Which.Message.Should().ContainAll(
            File,
            "does not hold a Tiny",
            "bn1.bias is missing",
            "layer9.weight is unexpected",
            "bn1.weight has shape [17]; it must be [16]",
            "bn1.running_mean is of type Int64",
            "bn1.running_var has values that are NaN or infinite");
    }

    [Fact]
    public void Read_OfAnotherArchitecture_Throws()
    {
        WriteEncoder().Dispose();

        var read = () => EncoderFile.Read(File, EncoderKind.ResNet18);

        read.Should().Throw<InvalidDataException>().WithMessage($"'{File}' holds a Tiny, not a ResNet18.");
    }

    [Fact]
    public void ReadAndWrite_LeaveNoTensorsBehind()
    {
        WriteEncoder().Dispose();
        var before = LiveTensors.Count;

        using (var encoder = Options.InitialEncoder(torch.CPU))
        {
            EncoderFile.Write(File, encoder, Options);
        }

        EncoderFile.Read(File, EncoderKind.Tiny).Encoder.Dispose();

        LiveTensors.Count.Should().Be(before);
    }

    private ResNet WriteEncoder()
    {
        var encoder = Options.InitialEncoder(torch.CPU);
        using var images = TestImages.Floats(4, 16, 16);
        encoder.call(images).Dispose();
        EncoderFile.Write(File, encoder, Options);
        return encoder;
    }

    private void Rewrite(Action<Dictionary<string, torch.Tensor>> change)
    {
        using var scope = torch.NewDisposeScope();
        using var encoder = Options.InitialEncoder(torch.CPU);
        var tensors = encoder.state_dict();
        change(tensors);
        SafetensorsFile.Write(File, tensors, new Dictionary<string, string>());
    }
}
