using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Clamp.Losses.Training.Tests;

/// <summary>An exported encoder in a program of the user's; docs/training.md shows it.</summary>
public sealed class OnnxRuntimeUseTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Session_OfAnExport_MakesFeaturesOfPixels()
    {
        var file = _temporary.PathOf("encoder.onnx");
        using var encoder = new RunOptions().InitialEncoder(torch.CPU);
        OnnxFile.Write(file, encoder, new RunOptions());
        const int Count = 2, Height = 32, Width = 40;
        using var bytes = TestImages.Bytes(Count, Height, Width);
        var pixels = bytes.data<byte>().ToArray();

        using var session = new InferenceSession(file);
        var images = new DenseTensor<float>(pixels.Select(pixel => pixel / 255f).ToArray(), [Count, 3, Height, Width]);
        using var results = session.Run([NamedOnnxValue.CreateFromTensor("images", images)]);
        var features = results.Single().AsTensor<float>();
        var size = session.ModelMetadata.CustomMetadataMap["image_size"];

        using var normalised = new Normalisation().Apply(bytes);
        encoder.eval();
        using var expected = encoder.call(normalised);
        features.Dimensions.ToArray().Should().Equal(Count, 64);
        features.Zip(expected.data<float>().ToArray(), (actual, wanted) => Math.Abs(actual - wanted)).Max().Should().BeLessThan(1e-5f);
        size.Should().Be("32");
    }
}
