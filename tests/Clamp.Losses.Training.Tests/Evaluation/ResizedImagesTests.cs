namespace Clamp.Losses.Training.Tests;

public sealed class ResizedImagesTests
{
    [Fact]
    public void To_HalfTheSize_AveragesWithTheTriangleOfTorchvision()
    {
        // Columns 0, 80, 160, 240 at scale 2: weights 3, 3, 1 and 1, 3, 3 of the three nearest, from the antialiased triangle filter.
        byte[] row = [0, 80, 160, 240];
        byte[] pixels = [.. Enumerable.Repeat(row, 3 * 4).SelectMany(values => values)];

        var half = ResizedImages.To(new MemoryImages(pixels, [0], 4, 4, ["only"]), 2);

        (half.Height, half.Width, half.Count).Should().Be((2, 2, 1));
        Bytes(half).Should().Equal(Enumerable.Repeat(new byte[] { 57, 183 }, 3 * 2).SelectMany(values => values));
    }

    [Fact]
    public void To_TheSameSize_ReturnsTheSet()
    {
        var images = ShapesGenerator.Generate(2, 16, seed: 1);

        ResizedImages.To(images, 16).Should().BeSameAs(images);
    }

    [Fact]
    public void To_AnotherSize_KeepsOrderAndLabelsOfEveryImage()
    {
        var images = ShapesGenerator.Generate(505, 16, seed: 1);

        var resized = ResizedImages.To(images, 8);

        resized.Labels.Should().Equal(images.Labels);
        Bytes(resized.Subset([504])).Should().Equal(Bytes(ResizedImages.To(images.Subset([504]), 8)));
    }

    [Fact]
    public void To_Bicubic_IsTorchsAntialiasedBicubic()
    {
        using var scope = torch.NewDisposeScope();
        var images = ShapesGenerator.Generate(2, 20, seed: 1);
        var expected = torch.nn.functional.interpolate(
            images.Pixels([0, 1]).to(torch.float32), [9, 9], mode: torch.InterpolationMode.Bicubic, align_corners: false, antialias: true);

        var resized = ResizedImages.To(images, 9, Interpolation.Bicubic).Pixels([0, 1]);

        resized.to(torch.float32).LargestDifference(expected.clamp(0, 255)).Should().BeLessThan(0.51);
    }

    private static byte[] Bytes(ImageSource images)
    {
        using var pixels = images.Pixels([.. Enumerable.Range(0, images.Count)]);
        return pixels.data<byte>().ToArray();
    }
}
