using Clamp.Losses.Samples.Data;
using Clamp.Losses.Samples.Evaluation;
using Clamp.Losses.Samples.Models;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Tests.Evaluation;

public sealed class FeatureExtractorTests
{
    private static readonly LabelledImages Images = ShapesGenerator.Generate(20, 16, seed: 1);

    [Fact]
    public void Extract_EncoderInTraining_LeavesModeAndBatchStatistics()
    {
        using var encoder = ResNet.Tiny();
        encoder.train();
        var before = Statistics(encoder);

        FeatureExtractor.Extract(encoder, Images, CPU).Dispose();

        encoder.training.Should().BeTrue();
        Statistics(encoder).Should().Equal(before);
    }

    [Fact]
    public void Extract_FeaturesOfAnImage_DoNotDependOnTheOthers()
    {
        using var encoder = ResNet.Tiny();
        using var all = FeatureExtractor.Extract(encoder, Images, CPU);
        using var some = FeatureExtractor.Extract(encoder, Images.Subset([7, 3]), CPU);

        all.Count.Should().Be(20);
        (all.Features[7] - some.Features[0]).abs().max().item<float>().Should().BeLessThan(1e-5f);
        some.Labels.data<long>().ToArray().Should().Equal(Images.Labels[7], Images.Labels[3]);
    }

    private static float[] Statistics(ResNet encoder) =>
        [.. encoder.named_buffers().Where(buffer => buffer.name.EndsWith("running_mean", StringComparison.Ordinal)).SelectMany(buffer => buffer.buffer.data<float>().ToArray())];
}
