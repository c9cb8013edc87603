using static TorchSharp.torch;

namespace Clamp.Losses.Training.Tests;

public sealed class FeatureExtractorTests
{
    private static readonly MemoryImages Images = ShapesGenerator.Generate(20, 16, seed: 1);

    [Fact]
    public void Extract_EncoderInTraining_LeavesModeAndBatchStatistics()
    {
        using var encoder = ResNet.Tiny();
        encoder.train();
        var before = Statistics(encoder);

        FeatureExtractor.Extract(encoder, Images, CPU, normalisation: null).Dispose();

        encoder.training.Should().BeTrue();
        Statistics(encoder).Should().Equal(before);
    }

    [Fact]
    public void Extract_FeaturesOfAnImage_DoNotDependOnTheOthers()
    {
        using var encoder = ResNet.Tiny();
        using var all = FeatureExtractor.Extract(encoder, Images, CPU, normalisation: null);
        using var some = FeatureExtractor.Extract(encoder, Images.Subset([7, 3]), CPU, normalisation: null);

        all.Count.Should().Be(20);
        (all.Features[7] - some.Features[0]).abs().max().item<float>().Should().BeLessThan(1e-5f);
        some.Labels.data<long>().ToArray().Should().Equal(Images.Labels[7], Images.Labels[3]);
    }

    [Fact]
    public void Extract_SizesThatDoNotDivide_HoldsEveryImageInOrder()
    {
        var images = ShapesGenerator.Generate(503, 16, seed: 2);
        using var encoder = ResNet.Tiny(width: 4);

        using var features = FeatureExtractor.Extract(encoder, images, CPU, normalisation: null);

        features.Features.shape.Should().Equal(503, 16);
        features.Labels.data<long>().ToArray().Should().Equal(images.Labels.Select(label => (long)label));
    }

    [Fact]
    public void Features_OfANormalisation_AreThoseOfImagesNormalisedByIt()
    {
        using var encoder = ResNet.Tiny();
        encoder.eval();
        using var unrecorded = no_grad();
        var normalisation = Normalisation.Named["imagenet"];
        using var input = normalisation.Apply(Images.Pixels([0, 1]));
        using var expected = encoder.call(input);

        using var features = FeatureExtractor.Features(encoder, Images.Subset([0, 1]), CPU, normalisation);

        features.LargestDifference(expected).Should().BeLessThan(1e-6);
    }

    [Fact]
    public void ExtractViews_EncoderInTraining_LeavesModeAndBatchStatistics()
    {
        using var encoder = ResNet.Tiny();
        encoder.train();
        var before = Statistics(encoder);

        FeatureExtractor.ExtractViews(encoder, Images, new MultiViewAugmentation(new AugmentationOptions(), seed: 1), epoch: 0, CPU).Dispose();

        encoder.training.Should().BeTrue();
        Statistics(encoder).Should().Equal(before);
    }

    [Fact]
    public void ExtractViews_AnotherEpoch_SeesOtherViews()
    {
        using var scope = NewDisposeScope();
        using var encoder = ResNet.Tiny();
        var augmentation = new MultiViewAugmentation(new AugmentationOptions(), seed: 1);

        var epochs = new[] { 0, 0, 1 }.Select(epoch => FeatureExtractor.ExtractViews(encoder, Images, augmentation, epoch, CPU).Values()).ToList();

        epochs[1].Should().Equal(epochs[0]);
        epochs[2].Should().NotEqual(epochs[0]);
    }

    private static float[] Statistics(ResNet encoder) =>
        [.. encoder.named_buffers().Where(buffer => buffer.name.EndsWith("running_mean", StringComparison.Ordinal)).SelectMany(buffer => buffer.buffer.data<float>().ToArray())];
}
