namespace Clamp.Losses.Training.Tests;

public sealed class ResizedCropTests
{
    [Fact]
    public void Apply_OfTheWholeImage_ChangesNothing()
    {
        using var scope = torch.NewDisposeScope();
        var images = TestImages.Floats(2, 32, 32);

        var crops = ResizedCrop.Apply(images, [Crop(0, 0, 32, 32), Crop(0, 0, 32, 32)], 32);

        crops.LargestDifference(images).Should().BeLessThan(1e-6);
    }

    [Fact]
    public void Apply_WithFlip_MirrorsColumns()
    {
        using var scope = torch.NewDisposeScope();
        var images = TestImages.Floats(1, 6, 6);

        var crops = ResizedCrop.Apply(images, [Crop(0, 0, 6, 6, flip: true)], 6);

        crops.LargestDifference(images.flip(3)).Should().BeLessThan(1e-6);
    }

    [Theory]
    [InlineData(2, 3, 5, 4)]
    [InlineData(0, 0, 8, 8)]
    [InlineData(7, 9, 1, 1)]
    [InlineData(3, 1, 8, 9)]
    public void Apply_OfASmallerBox_IsCropThenBilinearResize(int top, int left, int height, int width)
    {
        using var scope = torch.NewDisposeScope();
        var images = TestImages.Floats(1, 11, 10);

        var crops = ResizedCrop.Apply(images, [Crop(top, left, height, width)], 9);

        var expected = Bilinear(images, new CropBox(top, left, height, width), 9);
        crops.LargestDifference(expected).Should().BeLessThan(1e-5);
    }

    [Fact]
    public void Apply_OfALargerBox_AveragesOverAnOutputPixel()
    {
        using var scope = torch.NewDisposeScope();
        var row = torch.tensor(new float[] { 1, 0, 0, 0 }, torch.ScalarType.Float32);
        var images = row.expand(1, 3, 4, 4).contiguous();

        var crops = ResizedCrop.Apply(images, [Crop(0, 0, 4, 4)], 2);

        // A triangle two output pixels wide: weights 3, 3, 1 and nothing for the fourth, as in Pillow and in torchvision with antialias.
        crops[0, 0, 0].Values().Should().Equal([3f / 7f, 0], (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void Apply_OfABox_ReadsNothingOutside()
    {
        using var scope = torch.NewDisposeScope();
        var images = torch.full([1, 3, 12, 12], float.NaN, torch.ScalarType.Float32);
        images.narrow(2, 3, 5).narrow(3, 4, 6).fill_(0.25f);
        var finite = images.nan_to_num(nan: 1000);

        var crops = ResizedCrop.Apply(finite, [Crop(3, 4, 5, 6)], 16);

        crops.Values().Should().OnlyContain(value => Math.Abs(value - 0.25f) < 1e-5);
    }

    [Fact]
    public void Apply_OfABatch_GivesEachImageItsOwnBox()
    {
        using var scope = torch.NewDisposeScope();
        var images = TestImages.Floats(2, 8, 8);
        ViewParameters[] views = [Crop(0, 0, 4, 4), Crop(4, 2, 3, 5, flip: true)];

        var together = ResizedCrop.Apply(images, views, 8);

        var alone = torch.cat([ResizedCrop.Apply(images[..1], views[..1], 8), ResizedCrop.Apply(images[1..], views[1..], 8)], 0);
        together.LargestDifference(alone).Should().BeLessThan(1e-6);
    }

    private static ViewParameters Crop(int top, int left, int height, int width, bool flip = false) =>
        new() { Crop = new CropBox(top, left, height, width), Flip = flip };

    private static torch.Tensor Bilinear(torch.Tensor images, CropBox box, int size)
    {
        var output = torch.zeros(1, 3, size, size, torch.ScalarType.Float32);
        for (var y = 0; y < size; y++)
        {
            var (top, bottom, down) = Neighbours(y, box.Height, size);
            for (var x = 0; x < size; x++)
            {
                var (left, right, along) = Neighbours(x, box.Width, size);
                torch.Tensor At(int row, int column) => images[0, .., box.Top + row, box.Left + column];
                output[0, .., y, x] = (At(top, left) * ((1 - down) * (1 - along))) + (At(top, right) * ((1 - down) * along))
                    + (At(bottom, left) * (down * (1 - along))) + (At(bottom, right) * (down * along));
            }
        }

        return output;
    }

    private static (int Before, int After, float Weight) Neighbours(int output, int length, int size)
    {
        var position = Math.Clamp(((output + 0.5) * length / size) - 0.5, 0, length - 1);
        var before = (int)position;
        return (before, Math.Min(before + 1, length - 1), (float)(position - before));
    }
}
