using CsCheck;

namespace Clamp.Losses.Training.Tests;

public sealed class CropBoxTests
{
    private const int Draws = 4_000;

    [Fact]
    public void Draw_OfAnyImage_StaysInside()
    {
        Gen.Select(Gen.Int[1, 50], Gen.Int[1, 50], Gen.Int).Sample((height, width, seed) =>
        {
            var random = new KeyedRandom(seed, 0, 0, 0);
            var box = ResizedCrop.Draw(new AugmentationOptions(), random, height, width);
            return box.Top >= 0 && box.Left >= 0 && box.Height >= 1 && box.Width >= 1
                && box.Top + box.Height <= height && box.Left + box.Width <= width;
        });
    }

    [Fact]
    public void Draw_OfManyBoxes_HasAreasUniformInTheirRange()
    {
        var options = new AugmentationOptions { AspectRatioMin = 1, AspectRatioMax = 1 };

        var areas = Boxes(options, 1000, 1000).Select(box => box.Height * box.Width / 1e6).ToArray();

        areas.Should().OnlyContain(area => area > 0.199 && area <= 1);
        areas.Average().Should().BeApproximately(0.6, 0.015);
        Variance(areas).Should().BeApproximately(0.8 * 0.8 / 12, 0.003);
    }

    [Fact]
    public void Draw_OfManyBoxes_HasLogUniformAspectRatios()
    {
        // No try is rejected at these areas: the widest box is sqrt(0.5 * 4/3) = 0.82 of the image.
        var options = new AugmentationOptions { CropScaleMax = 0.5 };

        var logRatios = Boxes(options, 1000, 1000).Select(box => Math.Log((double)box.Width / box.Height)).ToArray();

        var limit = Math.Log(4.0 / 3.0);
        logRatios.Should().OnlyContain(ratio => Math.Abs(ratio) < limit + 0.01);
        logRatios.Average().Should().BeApproximately(0, 0.015);
        Variance(logRatios).Should().BeApproximately(limit * limit / 3, 0.002);
    }

    [Fact]
    public void Draw_OfManyBoxes_PutsThemUniformlyInTheRoomThatIsLeft()
    {
        var options = new AugmentationOptions { CropScaleMin = 0.25, CropScaleMax = 0.25, AspectRatioMin = 1, AspectRatioMax = 1 };

        var boxes = Boxes(options, 8, 8);

        boxes.Select(box => box.Top).Average().Should().BeApproximately(2, 0.1);
        boxes.Select(box => box.Left).Distinct().Should().BeEquivalentTo([0, 1, 2, 3, 4]);
    }

    [Theory]
    [InlineData(100, 10, 43, 0, 13, 10)]
    [InlineData(10, 100, 0, 43, 10, 13)]
    public void Draw_WhereNoTryFits_TakesTheCentre(int height, int width, int top, int left, int boxHeight, int boxWidth)
    {
        var options = new AugmentationOptions { CropScaleMin = 1 };
        var random = new KeyedRandom(0, 0, 0, 0);

        var box = ResizedCrop.Draw(options, random, height, width);

        box.Should().Be(new CropBox(top, left, boxHeight, boxWidth));
    }

    private static CropBox[] Boxes(AugmentationOptions options, int height, int width) =>
        [.. Enumerable.Range(0, Draws).Select(sample =>
        {
            var random = new KeyedRandom(0, 0, sample, 0);
            return ResizedCrop.Draw(options, random, height, width);
        })];

    private static double Variance(double[] values)
    {
        var mean = values.Average();
        return values.Average(value => (value - mean) * (value - mean));
    }
}
