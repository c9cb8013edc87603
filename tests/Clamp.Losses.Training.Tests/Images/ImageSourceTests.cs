namespace Clamp.Losses.Training.Tests;

public sealed class ImageSourceTests
{
    private static readonly byte[] ThreePixels = [1, 2, 3, 4, 5, 6, 7, 8, 9];

    [Fact]
    public void Labels_OfImagesWithout_SaysThatAScoreNeedsThem()
    {
        var images = new MemoryImages(ThreePixels, height: 1, width: 1);

        images.HasLabels.Should().BeFalse();
        images.ClassNames.Should().BeEmpty();
        images.Invoking(it => it.Labels).Should().Throw<InvalidOperationException>().WithMessage("*3 images have no labels*");
    }

    [Fact]
    public void SubsetAndSample_OfImagesWithout_KeepThemWithout()
    {
        var images = new MemoryImages(ThreePixels, 1, 1);

        var subset = images.Subset([2, 0]);

        using var pixels = subset.Pixels([0, 1]);
        pixels.data<byte>().ToArray().Should().Equal(7, 8, 9, 1, 2, 3);
        subset.HasLabels.Should().BeFalse();
        images.Sample(2, seed: 1).Should().Match<ImageSource>(sample => sample.Count == 2 && !sample.HasLabels);
    }

    [Fact]
    public void Constructor_PixelsOfHalfAnImage_NamesBothLengths()
    {
        var act = () => new MemoryImages(new byte[13], 2, 2);

        act.Should().Throw<ArgumentException>().WithParameterName("pixels").WithMessage("13 bytes*1 images of 3 x 2 x 2 and 1 bytes*");
    }

    [Fact]
    public void FileImages_WithLabelsForOthers_SaysHowMany()
    {
        var act = () => new FileImages(["a.jpg", "b.jpg"], 8, _ => throw new InvalidDataException(), labels: [0], classNames: ["only"]);

        act.Should().Throw<ArgumentException>().WithParameterName("labels").WithMessage("1 labels were given for 2 images*");
    }

    [Fact]
    public void ViewLoader_OfAnyDecoder_CutsViewsFromWholePictures()
    {
        // A picture of another size than the views, whose four quarters differ: crops of the whole see more than one of them.
        var images = new FileImages(["0", "64", "128", "192"], size: 8, path => new Quarters(byte.Parse(path)));
        var loader = new ViewLoader(images, new MultiViewAugmentation(new AugmentationOptions { JitterProbability = 0 }, seed: 1), views: 2, torch.CPU);

        foreach (var makeViews in loader.Load([[0, 3]], epoch: 0))
        {
            using var views = makeViews();
            views.shape.Should().Equal(2, 2, 3, 8, 8);
        }

        using var centre = images.Pixels([3]);
        centre.shape.Should().Equal(1, 3, 8, 8);
        centre[0, 0, 0, 0].item<byte>().Should().Be(192);
        centre[0, 0, 7, 7].item<byte>().Should().Be(252);
    }

    private sealed class Quarters(byte first) : DecodedImage
    {
        public override int Height => 32;

        public override int Width => 24;

        protected override ReadOnlySpan<byte> Row(int row) =>
            Enumerable.Range(0, Width).SelectMany(column => Enumerable.Repeat((byte)(first + (row / 16 * 40) + (column / 12 * 20)), 4)).ToArray();

        protected override void Dispose(bool disposing)
        {
        }
    }
}
