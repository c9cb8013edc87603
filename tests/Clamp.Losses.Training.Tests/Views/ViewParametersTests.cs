namespace Clamp.Losses.Training.Tests;

public sealed class ViewParametersTests
{
    private const int Draws = 4_000;

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.3)]
    [InlineData(1.0)]
    public void Draw_OfManyViews_DrawsEachStepAtItsRate(double probability)
    {
        var views = Views(new AugmentationOptions
        {
            FlipProbability = probability,
            JitterProbability = probability,
            GrayscaleProbability = probability,
            BlurProbability = probability,
            SolarizeProbability = probability,
        });

        // A rate's standard deviation is at most sqrt(0.3 * 0.7 / 4000) = 0.0073.
        Func<ViewParameters, bool>[] steps = [v => v.Flip, v => v.Jitter, v => v.Grayscale, v => v.Blur, v => v.Solarize];
        foreach (var drawn in steps)
            (views.Count(drawn) / (double)Draws).Should().BeApproximately(probability, 0.025);
    }

    [Fact]
    public void Draw_OfManyViews_DrawsColourFactorsUniformlyAroundOne()
    {
        var views = Views(new AugmentationOptions { Brightness = 0.4, Contrast = 0.4, Saturation = 0.4 });

        foreach (var factor in new Func<ViewParameters, double>[] { v => v.Brightness, v => v.Contrast, v => v.Saturation })
            ShouldBeUniform([.. views.Select(factor)], 0.6, 1.4);
    }

    [Fact]
    public void Draw_OfStrengthsAboveOne_DrawsNoNegativeFactor()
    {
        var views = Views(new AugmentationOptions { Brightness = 2 });

        ShouldBeUniform([.. views.Select(view => view.Brightness)], 0, 3);
    }

    [Fact]
    public void Draw_OfManyViews_DrawsHueAndBlurUniformly()
    {
        var views = Views(new AugmentationOptions { Hue = 0.1, BlurSigmaMin = 0.1, BlurSigmaMax = 2 });

        ShouldBeUniform([.. views.Select(view => view.Hue)], -0.1, 0.1);
        ShouldBeUniform([.. views.Select(view => view.BlurSigma)], 0.1, 2);
    }

    [Fact]
    public void Draw_WithOneStepSwitchedOff_MovesNoOtherNumber()
    {
        var options = new AugmentationOptions { BlurProbability = 0.5 };
        var on = Views(options);
        var off = Views(options with { FlipProbability = 0, Hue = 0 });

        off.Should().Equal(on.Select(view => view with { Flip = false, Hue = 0 }));
    }

    private static ViewParameters[] Views(AugmentationOptions options) =>
        [.. Enumerable.Range(0, Draws).Select(sample =>
        {
            var random = new KeyedRandom(0, 0, sample, 0);
            return ViewParameters.Draw(options, random, 32, 32);
        })];

    private static void ShouldBeUniform(double[] values, double min, double max)
    {
        values.Should().OnlyContain(value => value >= min && value <= max);
        values.Average().Should().BeApproximately((min + max) / 2, 0.02 * (max - min));
        values.Count(value => value < min + ((max - min) / 4)).Should().BeInRange(Draws * 22 / 100, Draws * 28 / 100);
    }
}
