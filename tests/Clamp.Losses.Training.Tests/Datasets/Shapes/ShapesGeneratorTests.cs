namespace Clamp.Losses.Training.Tests;

public class ShapesGeneratorTests
{
    private static byte[] BytesOf(MemoryImages images)
    {
        using torch.Tensor pixels = images.Pixels([.. Enumerable.Range(0, images.Count)]);
        return pixels.data<byte>().ToArray();
    }

    [Fact]
    public void Generate_AnySize_FillsAllImages()
    {
        MemoryImages images = ShapesGenerator.Generate(count: 5, size: 40, seed: 0);

        images.Count.Should().Be(5);
        (images.Height, images.Width).Should().Be((40, 40));
        images.ClassNames.Should().HaveCount(12).And.OnlyHaveUniqueItems();
    }

    [Fact]
    public void Generate_SameSeed_DrawsTheSameImages()
    {
        MemoryImages first = ShapesGenerator.Generate(24, 32, seed: 5);
        MemoryImages second = ShapesGenerator.Generate(24, 32, seed: 5);

        BytesOf(second).Should().Equal(BytesOf(first));
        second.Labels.Should().Equal(first.Labels);
    }

    [Fact]
    public void Generate_OtherSeed_DrawsOtherImages()
    {
        BytesOf(ShapesGenerator.Generate(1, 32, seed: 5)).Should().NotEqual(BytesOf(ShapesGenerator.Generate(1, 32, seed: 6)));
    }

    [Fact]
    public void Generate_SeedZero_StillDrawsWhatItAlwaysDrew()
    {
        MemoryImages images = ShapesGenerator.Generate(12, 32, seed: 0);

        double[] expected = [52.89, 88.81, 53.18, 86.85, 80.13, 105.46, 94.33, 104.63, 116.77, 80.44, 111.05, 93.42];
        IEnumerable<double> means = BytesOf(images).Chunk(3 * 32 * 32).Select(image => image.Average(value => value));

        images.Labels.Should().Equal(9, 7, 11, 8, 2, 1, 5, 3, 0, 6, 10, 4);
        // Another machine's sine may round a few pixels differently.
        means.Zip(expected).Should().OnlyContain(pair => Math.Abs(pair.First - pair.Second) < 0.1);
    }

    [Fact]
    public void Generate_OneImageAtATime_EqualsAllInParallel()
    {
        byte[] together = BytesOf(ShapesGenerator.Generate(24, 32, seed: 5));

        byte[] oneByOne = [.. Enumerable.Range(0, 24).SelectMany(i => BytesOf(ShapesGenerator.Generate(1, 32, seed: 5, firstIndex: i)))];

        oneByOne.Should().Equal(together);
    }

    [Fact]
    public void Generate_TwelveInARow_HoldEveryClassOnce()
    {
        IReadOnlyList<int> labels = ShapesGenerator.Generate(36, 16, seed: 1).Labels;

        labels.Chunk(12).Should().OnlyContain(chunk => chunk.Distinct().Count() == 12);
    }

    [Fact]
    public void Generate_Labels_AreShuffled()
    {
        IReadOnlyList<int> labels = ShapesGenerator.Generate(36, 16, seed: 1).Labels;

        labels.Chunk(12).Select(chunk => string.Join(' ', chunk)).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void Generate_ManyImages_AreAllDifferent()
    {
        byte[] pixels = BytesOf(ShapesGenerator.Generate(1200, 16, seed: 0));

        IEnumerable<string> images = pixels.Chunk(3 * 16 * 16).Select(Convert.ToBase64String);

        images.Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void Generate_MeanBrightness_TellsLittleOfTheClass()
    {
        MemoryImages images = ShapesGenerator.Generate(2400, 16, seed: 0);
        double[] means = [.. BytesOf(images).Chunk(3 * 16 * 16).Select(image => image.Average(value => value))];
        double[] meanOfClass = [.. Enumerable.Range(0, 12).Select(label => means.Where((_, i) => images.Labels[i] == label).Average())];

        int hits = means.Where((mean, i) => meanOfClass.MinBy(other => Math.Abs(other - mean)) == meanOfClass[images.Labels[i]]).Count();

        // Shapes are brighter than backgrounds and of different areas, so a little better than the chance of 200.
        hits.Should().BeLessThan(2400 / 5);
    }

    [Theory]
    [InlineData(0, 32, 0, "count")]
    [InlineData(1, 15, 0, "size")]
    [InlineData(1, 513, 0, "size")]
    [InlineData(1_000_000, 32, 0, "count")]
    [InlineData(1, 32, -1, "firstIndex")]
    [InlineData(2, 32, int.MaxValue - 1, "firstIndex")]
    public void Generate_ArgumentOutOfRange_NamesIt(int count, int size, int firstIndex, string name)
    {
        Action act = () => ShapesGenerator.Generate(count, size, seed: 0, firstIndex);

        act.Should().Throw<ArgumentOutOfRangeException>().WithParameterName(name);
    }
}
