namespace Clamp.Losses.Training.Tests;

public sealed class NormalisationTests
{
    public static TheoryData<string> Names => [.. Normalisation.Named.Keys];

    [Fact]
    public void Apply_EachChannel_HasItsOwnMeanAndDeviation()
    {
        using var images = torch.full([2, 3, 1, 2], 51, torch.uint8);
        var normalisation = new Normalisation { Mean = [0.1, 0.2, 0.3], StandardDeviation = [0.1, 0.5, 0.2] };

        using var normalised = normalisation.Apply(images);

        float[] expected = [1, 1, 0, 0, -0.5f, -0.5f, 1, 1, 0, 0, -0.5f, -0.5f];
        normalised.Values().Should().Equal(expected, (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void Invert_WhatWasApplied_IsTheImages()
    {
        using var images = TestImages.Bytes(2, 8, 8);
        var normalisation = Normalisation.Named["imagenet"];
        using var normalised = normalisation.Apply(images);

        using var back = normalisation.Invert(normalised);

        back.bytes.ToArray().Should().Equal(images.bytes.ToArray());
    }

    [Fact]
    public void Invert_BeyondBlackAndWhite_IsCutOff()
    {
        using var values = torch.tensor(new float[] { -9, 9, 0 }, [3, 1, 1]);

        using var back = new Normalisation().Invert(values);

        back.bytes.ToArray().Should().Equal(0, 255, 128);
    }

    [Fact]
    public void Views_AreNormalisedAsEvaluationIs()
    {
        var normalisation = Normalisation.Named["imagenet"];
        var nothing = new AugmentationOptions
        {
            CropScaleMin = 1,
            AspectRatioMin = 1,
            AspectRatioMax = 1,
            FlipProbability = 0,
            JitterProbability = 0,
            GrayscaleProbability = 0,
        };
        using var images = TestImages.Bytes(2, 8, 8);

        using var views = new MultiViewAugmentation([nothing], seed: 0, normalisation).Views(images, [0, 1], epoch: 0, views: 1, outputSize: 8);

        using var expected = normalisation.Apply(images);
        using var view = views[0];
        view.LargestDifference(expected).Should().BeLessThan(1e-5);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Named_Any_IsValid(string name) => Normalisation.Named[name].Invoking(one => one.Validate()).Should().NotThrow();

    [Theory]
    [InlineData(new[] { 0.5, 0.5 }, new[] { 0.25, 0.25, 0.25 }, "Mean is 0.5,0.5; it must be three numbers from 0 to 1*")]
    [InlineData(new[] { 0.5, 0.5, double.NaN }, new[] { 0.25, 0.25, 0.25 }, "Mean is 0.5,0.5,NaN; it must be*")]
    [InlineData(new[] { 0.5, 0.5, 0.5 }, new[] { 0.25, 0, 0.25 }, "StandardDeviation is 0.25,0,0.25; it must be three numbers from 0.001 to 10*")]
    public void Validate_NumbersThatCannotBeUsed_NamesThem(double[] mean, double[] deviation, string message)
    {
        var normalisation = new Normalisation { Mean = mean, StandardDeviation = deviation };

        normalisation.Invoking(one => one.Validate()).Should().Throw<InvalidOptionsException>().WithMessage(message);
    }
}
