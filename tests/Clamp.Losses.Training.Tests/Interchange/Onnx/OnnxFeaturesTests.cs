using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Clamp.Losses.Training.Tests;

/// <summary>
/// ONNX Runtime computes the features of a network from its exported file. In float32 the tolerance is 1e-5 of the features' norm; in
/// float16, whose numbers are rounded by up to 4.9e-4 in every layer, 5e-3.
/// </summary>
public sealed class OnnxFeaturesTests : IDisposable
{
    private const double Tolerance = 1e-5;
    private const double HalfTolerance = 5e-3;
    private static readonly Normalisation Uneven = new() { Mean = [0.3, 0.5, 0.6], StandardDeviation = [0.2, 0.25, 0.4] };
    private readonly TemporaryFolder _temporary = new();

    public static TheoryData<EncoderKind, bool, int> Networks => new()
    {
        { EncoderKind.Tiny, true, 1 },
        { EncoderKind.Tiny, false, 1 },
        { EncoderKind.ResNet18, true, 2 },
        { EncoderKind.ResNet18, false, 1 },
        { EncoderKind.ResNet34, true, 1 },
        { EncoderKind.ResNet50, true, 1 },
        { EncoderKind.ResNet50, false, 1 },
    };

    private string File => _temporary.PathOf("encoder.onnx");

    public void Dispose() => _temporary.Dispose();

    [Theory]
    [MemberData(nameof(Networks))]
    public void Encoder_HasTheSameFeatures_WhateverTheBatchAndTheSize(EncoderKind kind, bool smallStem, int stemPadding)
    {
        using var encoder = Trained(kind, smallStem, stemPadding);
        OnnxFile.Write(File, encoder, new RunOptions { Normalisation = Uneven });

        using var session = new OnnxRuntimeSession(File);

        Compare(session, encoder, 1, 32, 32, Tolerance);
        Compare(session, encoder, 7, 32, 32, Tolerance);
        Compare(session, encoder, 2, 45, 70, Tolerance);
    }

    [Theory]
    [InlineData(EncoderKind.Tiny, true)]
    [InlineData(EncoderKind.ResNet18, false)]
    [InlineData(EncoderKind.ResNet50, true)]
    public void Encoder_InFloat16_HasTheSameFeaturesWithinItsRounding(EncoderKind kind, bool smallStem)
    {
        using var encoder = Trained(kind, smallStem);
        OnnxFile.Write(File, encoder, new RunOptions { Normalisation = Uneven }, precision: OnnxPrecision.Float16);

        using var session = new OnnxRuntimeSession(File);

        Compare(session, encoder, 7, 32, 32, HalfTolerance);
    }

    [Theory]
    [InlineData(OnnxPrecision.Float32, Tolerance)]
    [InlineData(OnnxPrecision.Float16, HalfTolerance)]
    public void EncoderAndHead_HaveTheSameEmbeddings(OnnxPrecision precision, double tolerance)
    {
        using var encoder = Trained(EncoderKind.Tiny);
        using var head = new ProjectionHead(encoder.FeatureWidth, [48, 24]);
        OnnxFile.Write(File, encoder, new RunOptions { Normalisation = Uneven }, head, precision);

        using var session = new OnnxRuntimeSession(File);

        using var both = Sequential(encoder, head);
        Compare(session, both, 7, 32, 32, tolerance);
    }

    [Theory]
    [InlineData(OnnxPrecision.Float32, Tolerance)]
    [InlineData(OnnxPrecision.Float16, HalfTolerance)]
    public void SequentialOfTorchsLayers_HasTheSameFeatures(OnnxPrecision precision, double tolerance)
    {
        using var network = Sequential(
            Conv2d(3, 16, 5, stride: 2, padding: 1, bias: true),
            BatchNorm2d(16, eps: 0.1),
            ReLU(),
            MaxPool2d(2),
            Sequential(Conv2d(16, 16, (3, 1), padding: (2, 0), dilation: (2, 1), groups: 4, bias: false), Identity(), ReLU()),
            new BasicBlock(16, 24, stride: 2),
            Dropout(),
            AdaptiveAvgPool2d(1),
            Flatten(),
            Linear(24, 8));
        Train(network);
        OnnxFile.Write(File, network, new PretrainOptions { Normalisation = Uneven }, precision: precision);

        using var session = new OnnxRuntimeSession(File);

        Compare(session, network, 7, 32, 40, tolerance);
    }

    [Fact]
    public void BlockThatBeginsANetwork_InFloat16_HasTheSameFeatures()
    {
        using var network = Sequential(new BasicBlock(3, 8), AdaptiveAvgPool2d(1), Flatten());
        Train(network);
        OnnxFile.Write(File, network, new PretrainOptions { Normalisation = Uneven }, precision: OnnxPrecision.Float16);

        using var session = new OnnxRuntimeSession(File);

        Compare(session, network, 2, 32, 32, HalfTolerance);
    }

    [Fact]
    public void EncoderThatStillTrains_IsExportedAsItEvaluates()
    {
        using var encoder = Trained(EncoderKind.Tiny);
        encoder.train();
        OnnxFile.Write(File, encoder, new RunOptions { Normalisation = Uneven });

        using var session = new OnnxRuntimeSession(File);

        encoder.training.Should().BeTrue();
        encoder.eval();
        Compare(session, encoder, 2, 32, 32, Tolerance);
    }

    private static ResNet Trained(EncoderKind kind, bool smallStem = true, int stemPadding = 1)
    {
        random.manual_seed(1);
        var encoder = Encoders.Create(kind, smallStem, stemPadding);
        Train(encoder);
        return encoder;
    }

    /// <summary>Statistics of images, and scales and shifts other than those that a batch norm begins with; one variance is near a batch norm's epsilon.</summary>
    private static void Train(Module<Tensor, Tensor> network)
    {
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        for (var i = 0; i < 5; i++)
        {
            network.call(Normalised(TestImages.Floats(8, 16, 16, seed: i)));
        }

        var state = network.state_dict();
        foreach (var (name, values) in state.Where(entry => entry.Value.dim() == 1))
        {
            values.add_(rand_like(values).mul(0.2));
            if (name.EndsWith("running_var", StringComparison.Ordinal))
            {
                values[0] = torch.tensor(1e-4f);
                state[name.Replace("running_var", "weight", StringComparison.Ordinal)][0] = torch.tensor(1e-2f);
            }
        }

        network.eval();
    }

    private static void Compare(OnnxRuntimeSession session, Module<Tensor, Tensor> network, int count, int height, int width, double tolerance)
    {
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        var images = TestImages.Floats(count, height, width);
        var expected = network.call(Normalised(images));

        var features = session.Features(images);

        features.shape.Should().Equal(expected.shape);
        var error = (features - expected).norm().ToDouble() / expected.norm().ToDouble();
        error.Should().BeLessThan(tolerance, $"of {count} images of {height} x {width}");
    }

    private static Tensor Normalised(Tensor images) => Uneven.ApplyTo(images.clone());
}
