namespace Clamp.Losses.Training.Tests;

/// <summary>Each colour operation against torchvision's formula in plain C#, with another amount for each image.</summary>
public sealed class ColourOperationTests
{
    private const double Tolerance = 2e-6;

    private static readonly float[] Factors = [0, 0.6f, 1, 1.7f];
    private static readonly float[] Turns = [0, 0.37f, -0.12f, -0.5f];

    [Fact]
    public void Brightness_OfABatch_ScalesAndClamps() =>
        ShouldMatch(ColourChanges.Brightness, Factors, (n, rgb) => [.. rgb.Select(x => Math.Clamp(Factors[n] * x, 0, 1.0))]);

    [Fact]
    public void Contrast_OfABatch_BlendsWithTheMeanLuminance()
    {
        using var images = TestImages.Floats(4, 5, 4);
        var means = new double[4];
        using var unused = images.MapPixels((n, rgb) =>
        {
            means[n] += Luminance(rgb) / (5 * 4);
            return [0, 0, 0];
        });

        ShouldMatch(ColourChanges.Contrast, Factors, (n, rgb) => Blend(rgb, means[n], Factors[n]));
    }

    [Fact]
    public void Saturation_OfABatch_BlendsWithEachPixelsLuminance() =>
        ShouldMatch(ColourChanges.Saturation, Factors, (n, rgb) => Blend(rgb, Luminance(rgb), Factors[n]));

    [Fact]
    public void Hue_OfABatch_TurnsTheHueOfHsv() =>
        ShouldMatch(ColourChanges.Hue, Turns, (n, rgb) => TurnHue(rgb, Turns[n]));

    [Theory]
    [InlineData(1, 0, 0, 1.0 / 3.0, 0, 1, 0)]
    [InlineData(0, 1, 0, 1.0 / 3.0, 0, 0, 1)]
    [InlineData(0, 0, 1, 1.0 / 3.0, 1, 0, 0)]
    [InlineData(1, 1, 0, 0.5, 0, 0, 1)]
    [InlineData(1, 0, 1, -1.0 / 6.0, 0, 0, 1)]
    public void Hue_OfAPrimaryOrSecondaryColour_GivesTheOneTheTurnAway(
        float red, float green, float blue, double turn, float newRed, float newGreen, float newBlue)
    {
        using var scope = torch.NewDisposeScope();
        var image = torch.tensor([red, green, blue], torch.ScalarType.Float32).reshape(1, 3, 1, 1);

        ColourChanges.Hue(image, torch.tensor([(float)turn], torch.ScalarType.Float32));

        image.Values().Should().Equal([newRed, newGreen, newBlue], (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void Hue_OfGrayPixels_KeepsThemExactly()
    {
        using var scope = torch.NewDisposeScope();
        var image = torch.tensor(new float[] { 0, 0.3f, 1 }, torch.ScalarType.Float32).expand(1, 3, 1, 3).contiguous();
        var before = image.Values();

        ColourChanges.Hue(image, torch.tensor([0.2f], torch.ScalarType.Float32));

        image.Values().Should().Equal(before);
    }

    [Fact]
    public void Grayscale_OfABatch_RepeatsTheLuminance() =>
        ShouldMatch((images, _) => ColourChanges.Grayscale(images), Factors, (_, rgb) => [Luminance(rgb), Luminance(rgb), Luminance(rgb)]);

    [Fact]
    public void Solarize_OfABatch_InvertsValuesFromTheThreshold() =>
        ShouldMatch((images, _) => ColourChanges.Solarize(images, 0.4), Factors, (_, rgb) => [.. rgb.Select(x => x >= 0.4f ? 1.0 - x : x)]);

    private static void ShouldMatch(Action<torch.Tensor, torch.Tensor> operation, float[] amounts, Func<int, float[], double[]> oracle)
    {
        using var scope = torch.NewDisposeScope();
        var images = TestImages.Floats(4, 5, 4);
        var expected = images.MapPixels(oracle);

        operation(images, torch.tensor(amounts, torch.ScalarType.Float32));

        images.LargestDifference(expected).Should().BeLessThan(Tolerance);
    }

    private static double Luminance(float[] rgb) => (0.2989 * rgb[0]) + (0.587 * rgb[1]) + (0.114 * rgb[2]);

    private static double[] Blend(float[] rgb, double other, double factor) =>
        [.. rgb.Select(x => Math.Clamp((factor * x) + ((1 - factor) * other), 0, 1))];

    private static double[] TurnHue(float[] rgb, double turn)
    {
        var (hue, saturation, value) = ToHsv(rgb[0], rgb[1], rgb[2]);
        return FromHsv((hue + turn + 1) % 1, saturation, value);
    }

    private static (double Hue, double Saturation, double Value) ToHsv(double r, double g, double b)
    {
        var max = Math.Max(r, Math.Max(g, b));
        var chroma = max - Math.Min(r, Math.Min(g, b));
        if (chroma == 0)
            return (0, 0, max);
        var sixths = max == r ? (g - b) / chroma : max == g ? 2 + ((b - r) / chroma) : 4 + ((r - g) / chroma);
        return (((sixths / 6) + 1) % 1, chroma / max, max);
    }

    private static double[] FromHsv(double hue, double saturation, double value)
    {
        var sector = (int)(hue * 6);
        var fraction = (hue * 6) - sector;
        var p = value * (1 - saturation);
        var q = value * (1 - (saturation * fraction));
        var t = value * (1 - (saturation * (1 - fraction)));
        return (sector % 6) switch
        {
            0 => [value, t, p],
            1 => [q, value, p],
            2 => [p, value, t],
            3 => [p, q, value],
            4 => [t, p, value],
            _ => [value, p, q],
        };
    }
}
