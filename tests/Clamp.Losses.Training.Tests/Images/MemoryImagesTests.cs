namespace Clamp.Losses.Training.Tests;

public class MemoryImagesTests
{
    private static readonly string[] TwoClasses = ["cat", "dog"];

    // Two rows of three columns; the bytes count up from 0 through the whole set.
    private static MemoryImages Counting(params int[] labels)
    {
        byte[] pixels = [.. Enumerable.Range(0, labels.Length * 18).Select(i => (byte)i)];
        return new MemoryImages(pixels, labels, height: 2, width: 3, TwoClasses);
    }

    // Images of one pixel whose three bytes hold the image's own index.
    private static MemoryImages Numbered(params int[] labels)
    {
        byte[] pixels = [.. Enumerable.Range(0, labels.Length).SelectMany(i => Enumerable.Repeat((byte)i, 3))];
        return new MemoryImages(pixels, labels, 1, 1, ["a", "b", "c"]);
    }

    private static int[] NumbersOf(ImageSource images)
    {
        using torch.Tensor pixels = images.Pixels([.. Enumerable.Range(0, images.Count)]);
        return [.. pixels.select(1, 0).flatten().data<byte>().Select(value => (int)value)];
    }

    [Fact]
    public void Constructor_ValidArguments_ReportsThemAsProperties()
    {
        MemoryImages images = Counting(1, 0, 1);

        images.Count.Should().Be(3);
        images.Height.Should().Be(2);
        images.Width.Should().Be(3);
        images.ClassNames.Should().Equal(TwoClasses);
        images.Labels.Should().Equal(1, 0, 1);
    }

    [Fact]
    public void Constructor_PixelsOfWrongLength_NamesArgumentAndBothLengths()
    {
        Action act = () => _ = new MemoryImages(new byte[35], [0, 1], 2, 3, TwoClasses);

        act.Should().Throw<ArgumentException>().WithParameterName("pixels").WithMessage("*36 bytes*35 were given*");
    }

    [Theory]
    [InlineData(2)]
    [InlineData(-1)]
    public void Constructor_LabelWithoutClass_NamesArgumentPositionAndRange(int label)
    {
        Action act = () => Counting(0, label);

        act.Should().Throw<ArgumentOutOfRangeException>().WithParameterName("labels").WithMessage($"*0 to 1*position 1*{label}*");
    }

    [Fact]
    public void Constructor_NoClassNames_Throws()
    {
        Action act = () => _ = new MemoryImages([], [], 2, 3, []);

        act.Should().Throw<ArgumentException>().WithParameterName("classNames");
    }

    [Theory]
    [InlineData(0, 3, "height")]
    [InlineData(2, -1, "width")]
    public void Constructor_SizeBelowOne_NamesArgument(int height, int width, string name)
    {
        Action act = () => _ = new MemoryImages([], [], height, width, TwoClasses);

        act.Should().Throw<ArgumentOutOfRangeException>().WithParameterName(name);
    }

    [Fact]
    public void Constructor_LabelsChangedAfterwards_KeepsItsOwn()
    {
        int[] labels = [0, 1];
        var images = new MemoryImages(new byte[6], labels, 1, 1, TwoClasses);

        labels[0] = 1;

        images.Labels.Should().Equal(0, 1);
    }

    [Fact]
    public void Pixels_SomeIndices_ReturnsThoseImagesInOrderAsPlanarBytes()
    {
        using torch.Tensor pixels = Counting(0, 1, 0).Pixels([2, 0]);

        pixels.dtype.Should().Be(torch.uint8);
        pixels.shape.Should().Equal(2, 3, 2, 3);
        pixels.data<byte>().ToArray().Should().Equal([.. Range(36, 18), .. Range(0, 18)]);
    }

    [Fact]
    public void Pixels_OneElement_IsFoundAtChannelRowColumn()
    {
        using torch.Tensor pixels = Counting(0, 1).Pixels([1]);

        // Image 1, blue plane, row 1, column 0.
        pixels[0, 2, 1, 0].item<byte>().Should().Be(18 + 2 * 6 + 3);
    }

    [Fact]
    public void Pixels_NoIndices_ReturnsEmptyBatch()
    {
        using torch.Tensor pixels = Counting(0, 1).Pixels([]);

        pixels.shape.Should().Equal(0, 3, 2, 3);
    }

    [Fact]
    public void Pixels_WrittenTo_LeavesTheSetUnchanged()
    {
        MemoryImages images = Counting(0, 1);
        using torch.Tensor first = images.Pixels([0]);

        first.fill_(255);

        using torch.Tensor again = images.Pixels([0]);
        again.data<byte>().ToArray().Should().Equal(Range(0, 18));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(-1)]
    public void Pixels_IndexOutOfRange_NamesIndexAndRange(int index)
    {
        MemoryImages images = Counting(0, 1);

        Action act = () => images.Pixels([0, index]);

        act.Should().Throw<ArgumentOutOfRangeException>().WithParameterName("indices").WithMessage($"*0 to 1*position 1*{index}*");
    }

    [Fact]
    public void Subset_SomeIndices_KeepsPixelsLabelsAndClassNames()
    {
        MemoryImages subset = Numbered(0, 1, 2, 1).Subset([3, 2]);

        NumbersOf(subset).Should().Equal(3, 2);
        subset.Labels.Should().Equal(1, 2);
        subset.ClassNames.Should().Equal("a", "b", "c");
    }

    [Fact]
    public void Subset_IndexOutOfRange_Throws()
    {
        MemoryImages images = Numbered(0, 1);

        Action act = () => images.Subset([2]);

        act.Should().Throw<ArgumentOutOfRangeException>().WithParameterName("indices");
    }

    [Fact]
    public void Sample_UnevenClasses_TakesAsEqualNumbersAsPossible()
    {
        // 2 of class a, 10 of b, 10 of c: a gives all it has, the others share the rest.
        ImageSource sample = Numbered([0, 0, .. Enumerable.Repeat(1, 10), .. Enumerable.Repeat(2, 10)]).Sample(10, seed: 1);

        sample.Labels.CountBy(label => label).Should().BeEquivalentTo(
            new Dictionary<int, int> { [0] = 2, [1] = 4, [2] = 4 });
    }

    [Fact]
    public void Sample_CountNotMultipleOfClasses_DiffersByAtMostOne()
    {
        ImageSource sample = Numbered([.. Enumerable.Range(0, 60).Select(i => i % 3)]).Sample(20, seed: 3);

        sample.Labels.CountBy(label => label).Select(pair => pair.Value).Should().BeSubsetOf([6, 7]);
    }

    [Fact]
    public void Sample_SameSeed_DrawsTheSameImages()
    {
        MemoryImages images = Numbered([.. Enumerable.Range(0, 60).Select(i => i % 3)]);

        NumbersOf(images.Sample(12, seed: 7)).Should().Equal(NumbersOf(images.Sample(12, seed: 7)));
    }

    [Fact]
    public void Sample_OtherSeed_DrawsOtherImages()
    {
        MemoryImages images = Numbered([.. Enumerable.Range(0, 60).Select(i => i % 3)]);

        NumbersOf(images.Sample(12, seed: 7)).Should().NotEqual(NumbersOf(images.Sample(12, seed: 8)));
    }

    [Fact]
    public void Sample_LargerCount_OnlyAddsImages()
    {
        MemoryImages images = Numbered([.. Enumerable.Range(0, 60).Select(i => i % 3)]);

        NumbersOf(images.Sample(24, seed: 7)).Should().Contain(NumbersOf(images.Sample(10, seed: 7)));
    }

    [Fact]
    public void Sample_ManySeeds_DrawsEveryImageEquallyOften()
    {
        MemoryImages images = Numbered([.. Enumerable.Range(0, 12).Select(i => i % 3)]);

        var times = Enumerable.Range(0, 1200).SelectMany(seed => NumbersOf(images.Sample(3, seed))).CountBy(number => number);

        // 300 times each on average; six standard deviations are 90.
        times.Should().HaveCount(12).And.OnlyContain(pair => pair.Value > 210 && pair.Value < 390);
    }

    [Fact]
    public void Sample_KeepsTheOrderOfTheSet()
    {
        NumbersOf(Numbered([.. Enumerable.Range(0, 60).Select(i => i % 3)]).Sample(20, seed: 5)).Should().BeInAscendingOrder();
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void Sample_CountNotBelowSize_ReturnsWholeSet(int count)
    {
        MemoryImages images = Numbered(2, 0, 1);

        images.Sample(count, seed: 0).Should().BeSameAs(images);
    }

    [Fact]
    public void Sample_CountZero_NamesArgument()
    {
        Action act = () => Numbered(0, 1).Sample(0, seed: 0);

        act.Should().Throw<ArgumentOutOfRangeException>().WithParameterName("count");
    }

    private static byte[] Range(int start, int count) => [.. Enumerable.Range(start, count).Select(i => (byte)i)];
}
