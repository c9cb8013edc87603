namespace Clamp.Losses.Training.Tests;

public sealed class MultiViewAugmentationTests
{
    private static readonly AugmentationOptions Everything = new() { BlurProbability = 0.5, SolarizeProbability = 0.3 };

    private static readonly AugmentationOptions Nothing = new()
    {
        CropScaleMin = 1,
        AspectRatioMin = 1,
        AspectRatioMax = 1,
        FlipProbability = 0,
        JitterProbability = 0,
        GrayscaleProbability = 0,
    };

    public static TheoryData<long[], torch.ScalarType, string> FaultyImages => new()
    {
        { [2, 3, 8, 8], torch.ScalarType.Float32, "Images of type Float32 given; allowed: Byte.*" },
        { [3, 8, 8], torch.ScalarType.Byte, "Images of shape [3, 8, 8] given; allowed: [B, 3, H, W], none 0.*" },
        { [2, 1, 8, 8], torch.ScalarType.Byte, "Images of shape [2, 1, 8, 8] given; allowed: [B, 3, H, W], none 0.*" },
        { [0, 3, 8, 8], torch.ScalarType.Byte, "Images of shape [0, 3, 8, 8] given; allowed: [B, 3, H, W], none 0.*" },
    };

    [Fact]
    public void Views_OfABatch_AreViewMajorFloats()
    {
        using var images = TestImages.Bytes(3, 12, 10);

        using var views = new MultiViewAugmentation(Everything, seed: 0).Views(images, [0, 1, 2], epoch: 0, views: 4, outputSize: 8);

        views.shape.Should().Equal(4, 3, 3, 8, 8);
        views.dtype.Should().Be(torch.ScalarType.Float32);
        views.Values().Should().OnlyContain(value => value >= -2.0001f && value <= 2.0001f);
    }

    [Fact]
    public void Views_WithEveryStepOff_AreTheNormalisedImages()
    {
        using var images = TestImages.Bytes(2, 16, 16);
        using var expected = new Normalisation().Apply(images);

        using var views = new MultiViewAugmentation(Nothing, seed: 0).Views(images, [0, 1], epoch: 0, views: 2, outputSize: 16);

        views[0].LargestDifference(expected).Should().BeLessThan(1e-5);
        views[1].LargestDifference(expected).Should().BeLessThan(1e-5);
    }

    [Fact]
    public void Views_OfOneSample_AreTheSameInEveryBatch()
    {
        using var scope = torch.NewDisposeScope();
        var images = TestImages.Bytes(8, 16, 16);
        var augmentation = new MultiViewAugmentation(Everything, seed: 5);

        var together = augmentation.Views(images, TestImages.Samples(8), epoch: 3, views: 3, outputSize: 16);
        var backwards = augmentation.Views(images.flip(0), [7, 6, 5, 4, 3, 2, 1, 0], epoch: 3, views: 3, outputSize: 16);
        var alone = augmentation.Views(images[2..3], [2], epoch: 3, views: 3, outputSize: 16);

        together.LargestDifference(backwards.flip(1)).Should().BeLessThan(1e-5);
        together[.., 2..3].LargestDifference(alone).Should().BeLessThan(1e-5);
    }

    [Fact]
    public void Views_OnAnotherThread_AreTheSame()
    {
        using var images = TestImages.Bytes(4, 16, 16);
        var augmentation = new MultiViewAugmentation(Everything, seed: 5);
        torch.Tensor Make() => augmentation.Views(images, [0, 1, 2, 3], epoch: 0, views: 2, outputSize: 16);
        using var here = Make();
        var there = Array.Empty<float>();

        var thread = new Thread(() =>
        {
            using var views = Make();
            there = views.Values();
        });
        thread.Start();
        thread.Join();

        there.Should().Equal(here.Values());
    }

    [Theory]
    [InlineData(1, 0, 0)]
    [InlineData(0, 1, 0)]
    [InlineData(0, 0, 100)]
    public void Views_OfAnotherSeedEpochOrSample_Differ(int seed, int epoch, int sample)
    {
        using var images = TestImages.Bytes(1, 16, 16);
        using var views = new MultiViewAugmentation(Everything, 0).Views(images, [0], epoch: 0, views: 1, outputSize: 16);

        using var others = new MultiViewAugmentation(Everything, seed).Views(images, [sample], epoch, views: 1, outputSize: 16);

        others.LargestDifference(views).Should().BeGreaterThan(0.01);
    }

    [Fact]
    public void Views_OfOneSample_DifferFromEachOther()
    {
        using var images = TestImages.Bytes(1, 16, 16);

        using var views = new MultiViewAugmentation(Everything, 0).Views(images, [0], epoch: 0, views: 2, outputSize: 16);

        views[0].LargestDifference(views[1]).Should().BeGreaterThan(0.01);
    }

    [Fact]
    public void Views_OfManySamples_AreFlippedAtTheGivenRate()
    {
        const int samples = 2_000;
        using var image = TestImages.Bytes(1, 4, 4);
        using var images = image.expand(samples, -1, -1, -1).contiguous();
        using var plain = new Normalisation().Apply(image);

        using var views = new MultiViewAugmentation(Nothing with { FlipProbability = 0.3 }, 0)
            .Views(images, TestImages.Samples(samples), epoch: 0, views: 1, outputSize: 4);

        // The rate's standard deviation is sqrt(0.3 * 0.7 / 2000) = 0.01.
        var changed = views[0].sub(plain).abs().amax([1, 2, 3]).gt(1e-3).to(torch.ScalarType.Float64).mean().ToDouble();
        changed.Should().BeApproximately(0.3, 0.04);
    }

    [Fact]
    public void Views_OfManySamples_AreGrayAndInvertedAtTheGivenRates()
    {
        const int samples = 2_000;
        using var scope = torch.NewDisposeScope();
        var bright = torch.tensor(new byte[] { 250, 200, 150 }, torch.uint8).reshape(1, 3, 1, 1).expand(samples, -1, 4, 4).contiguous();
        var options = Nothing with { GrayscaleProbability = 0.2, SolarizeProbability = 0.4 };

        var views = new MultiViewAugmentation(options, 0).Views(bright, TestImages.Samples(samples), epoch: 0, views: 1, outputSize: 4)[0];

        // The standard deviation of a rate is at most sqrt(0.4 * 0.6 / 2000) = 0.011.
        var gray = views.amax([1, 2, 3]).sub(views.amin([1, 2, 3])).lt(1e-3).to(torch.ScalarType.Float64).mean().ToDouble();
        var inverted = views.amax([1, 2, 3]).lt(0).to(torch.ScalarType.Float64).mean().ToDouble();
        gray.Should().BeApproximately(0.2, 0.045);
        inverted.Should().BeApproximately(0.4, 0.045);
    }

    [Fact]
    public void Views_OfTwoTransforms_TakeTurns()
    {
        using var scope = torch.NewDisposeScope();
        var images = TestImages.Bytes(4, 16, 16);
        var samples = TestImages.Samples(4);
        var even = new MultiViewAugmentation(Everything, seed: 5).Views(images, samples, epoch: 1, views: 5, outputSize: 16);
        var odd = new MultiViewAugmentation(Nothing with { SolarizeProbability = 1, SolarizeThreshold = 0.2 }, seed: 5)
            .Views(images, samples, epoch: 1, views: 5, outputSize: 16);

        var views = new MultiViewAugmentation([Everything, Nothing with { SolarizeProbability = 1, SolarizeThreshold = 0.2 }], seed: 5)
            .Views(images, samples, epoch: 1, views: 5, outputSize: 16);

        for (int view = 0; view < 5; view++)
            views[view].Values().Should().Equal((view % 2 == 0 ? even : odd)[view].Values());
    }

    [Fact]
    public void Finish_OfTheViewsOwnCrops_GivesTheViews()
    {
        using var scope = torch.NewDisposeScope();
        var whole = Everything with { CropScaleMin = 1, AspectRatioMin = 1, AspectRatioMax = 1, FlipProbability = 0 };
        var augmentation = new MultiViewAugmentation([whole, whole with { Hue = 0.5 }], seed: 5);
        var images = TestImages.Bytes(4, 16, 16);
        var expected = augmentation.Views(images, [3, 2, 1, 0], epoch: 1, views: 2, outputSize: 16);
        var parameters = Enumerable.Range(0, 2)
            .Select(view => new long[] { 3, 2, 1, 0 }.Select(sample => augmentation.Parameters(sample, 1, view, 16, 16)).ToArray()).ToArray();

        var views = augmentation.Finish(images.expand(2, -1, -1, -1, -1), parameters, epoch: 1);

        views.LargestDifference(expected).Should().BeLessThan(1e-5, "resizing to the same size rounds");
    }

    [Theory]
    [InlineData(3, 2)]
    [InlineData(2, 3)]
    public void Finish_OfParametersForOtherCrops_Throws(int views, int count)
    {
        using var crops = torch.zeros([2, 2, 3, 8, 8], torch.uint8);
        var parameters = Enumerable.Repeat(new ViewParameters[count], views).ToArray();

        var finish = () => new MultiViewAugmentation(Everything, 0).Finish(crops, parameters, epoch: 0);

        finish.Should().Throw<ArgumentException>().WithParameterName("crops").WithMessage("Crops of shape [2, 2, 3, 8, 8] given*");
    }

    [Fact]
    public void Constructor_WithoutTransforms_Throws()
    {
        var create = () => new MultiViewAugmentation(Array.Empty<AugmentationOptions>(), 0);

        create.Should().Throw<ArgumentException>().WithParameterName("transforms");
    }

    [Fact]
    public void Views_WithEveryStepDrawn_AreTheStepsInTheirOrder()
    {
        using var scope = torch.NewDisposeScope();
        var images = TestImages.Bytes(1, 24, 24);
        var augmentation = new MultiViewAugmentation(
            new AugmentationOptions { JitterProbability = 1, GrayscaleProbability = 1, BlurProbability = 1, SolarizeProbability = 1 }, seed: 2);
        var parameters = augmentation.Parameters(sample: 9, epoch: 4, view: 0, height: 24, width: 24);
        var expected = ResizedCrop.Apply(images.to(torch.ScalarType.Float32).div(255), [parameters], 24);
        ColourJitter.ApplyTo(expected, [parameters], ColourJitter.Order(seed: 2, epoch: 4, view: 0));
        ColourChanges.Grayscale(expected);
        GaussianBlur.ApplyTo(expected, torch.tensor([(float)parameters.BlurSigma], torch.ScalarType.Float32), GaussianBlur.KernelSize(24));
        ColourChanges.Solarize(expected, 0.5);

        var views = augmentation.Views(images, [9], epoch: 4, views: 1, outputSize: 24);

        views[0].LargestDifference((expected - 0.5) / 0.25).Should().BeLessThan(1e-5);
    }

    [Fact]
    public void Views_OfABatch_LeaveTheImagesAlone()
    {
        using var images = TestImages.Bytes(2, 8, 8);
        var before = images.data<byte>().ToArray();

        new MultiViewAugmentation(Everything, 0).Views(images, [0, 1], epoch: 0, views: 2, outputSize: 8).Dispose();

        images.data<byte>().ToArray().Should().Equal(before);
    }

    [Fact]
    public void Views_OfABatch_LeaveOneLiveTensorWithoutGraph()
    {
        using var images = TestImages.Bytes(8, 8, 8);
        var augmentation = new MultiViewAugmentation(Everything, 0);
        var before = LiveTensors.Count;

        using var views = augmentation.Views(images, TestImages.Samples(8), epoch: 0, views: 3, outputSize: 8);

        (LiveTensors.Count - before).Should().Be(1);
        views.requires_grad.Should().BeFalse();
    }

    [Fact]
    public void Views_AfterTheCallersOptionsChange_StayTheSame()
    {
        using var images = TestImages.Bytes(1, 16, 16);
        var options = Nothing with { };
        var augmentation = new MultiViewAugmentation(options, 0);
        options.SolarizeProbability = 1;

        using var views = augmentation.Views(images, [0], epoch: 0, views: 1, outputSize: 16);

        using var expected = new Normalisation().Apply(images);
        views[0].LargestDifference(expected).Should().BeLessThan(1e-5);
    }

    [Fact]
    public void Normalise_OfBytes_MapsThemFromMinusTwoToTwo()
    {
        using var images = torch.tensor(new byte[] { 0, 51, 255 }, torch.ScalarType.Byte).reshape(1, 3, 1, 1);

        using var normalised = new Normalisation().Apply(images);

        normalised.Values().Should().Equal([-2, -1.2f, 2], (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Theory]
    [MemberData(nameof(FaultyImages))]
    public void Views_OfOtherImages_Throw(long[] shape, torch.ScalarType dtype, string message)
    {
        using var images = torch.zeros(shape, dtype);
        var samples = TestImages.Samples((int)shape[0]);

        var make = () => new MultiViewAugmentation(Everything, 0).Views(images, samples, epoch: 0, views: 2, outputSize: 8);

        make.Should().Throw<ArgumentException>().WithParameterName("images").WithMessage(message);
    }

    [Theory]
    [MemberData(nameof(FaultyImages))]
    public void Normalise_OfOtherImages_Throws(long[] shape, torch.ScalarType dtype, string message)
    {
        using var images = torch.zeros(shape, dtype);

        var normalise = () => new Normalisation().Apply(images);

        normalise.Should().Throw<ArgumentException>().WithParameterName("images").WithMessage(message);
    }

    [Fact]
    public void Views_OfMoreSamplesThanImages_Throw()
    {
        using var images = TestImages.Bytes(2, 8, 8);

        var make = () => new MultiViewAugmentation(Everything, 0).Views(images, [0, 1, 2], epoch: 0, views: 2, outputSize: 8);

        make.Should().Throw<ArgumentException>().WithParameterName("samples").WithMessage("3 samples given; allowed: 2, one an image.*");
    }

    [Theory]
    [InlineData(-1, 1, 8, "epoch")]
    [InlineData(0, 0, 8, "views")]
    [InlineData(0, 1, 1, "outputSize")]
    public void Views_OfNumbersTooSmall_Throw(int epoch, int views, int outputSize, string parameter)
    {
        using var images = TestImages.Bytes(1, 8, 8);

        var make = () => new MultiViewAugmentation(Everything, 0).Views(images, [0], epoch, views, outputSize);

        make.Should().Throw<ArgumentOutOfRangeException>().WithParameterName(parameter);
    }

    [Fact]
    public void Constructor_WithOptionsOutOfRange_Throws()
    {
        var create = () => new MultiViewAugmentation(new AugmentationOptions { Hue = 2 }, 0);

        create.Should().Throw<ArgumentException>().WithMessage("Hue is 2; it must be from 0 to 0.5.");
    }
}
