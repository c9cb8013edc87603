namespace Clamp.Losses.Training.Tests;

public sealed class KeyedRandomTests
{
    [Fact]
    public void NextUInt64_OfAKnownKey_NeverChanges()
    {
        // From a Python transcription that also gives SplitMix64's published first output for seed 0.
        var random = new KeyedRandom(1, 2, 3, 4);

        new[] { random.NextUInt64(), random.NextUInt64(), random.NextUInt64() }
            .Should().Equal(0xf64817d8f9f2f25b, 0xb02f57090749dd61, 0x557592e64cc8216f);
    }

    [Fact]
    public void NextUInt64_OfDifferentKeys_AlwaysDiffers()
    {
        var first = from seed in Enumerable.Range(-5, 10)
                    from epoch in Enumerable.Range(0, 10)
                    from sample in Enumerable.Range(0, 100)
                    from view in Enumerable.Range(-5, 10)
                    select new KeyedRandom(seed, epoch, sample, view).NextUInt64();

        first.Should().OnlyHaveUniqueItems();
    }

    [Theory]
    [InlineData(1, 0, 0, 0)]
    [InlineData(0, 1, 0, 0)]
    [InlineData(0, 0, 1, 0)]
    [InlineData(0, 0, 0, 1)]
    public void NextDouble_OfNeighbouringKeys_IsUncorrelated(int seed, int epoch, int sample, int view)
    {
        const int keys = 10_000;
        var sum = 0.0;
        for (var i = 0; i < keys; i++)
        {
            var here = new KeyedRandom(i, i, i, i).NextDouble() - 0.5;
            var there = new KeyedRandom(i + seed, i + epoch, i + sample, i + view).NextDouble() - 0.5;
            sum += 12 * here * there;
        }

        // The correlation's standard deviation is 1 / sqrt(keys) = 0.01.
        (sum / keys).Should().BeApproximately(0, 0.04);
    }

    [Fact]
    public void NextUInt64_OfKeysOneBitApart_DiffersInHalfTheBits()
    {
        var flips = from sample in Enumerable.Range(0, 200)
                    from bit in Enumerable.Range(0, 40)
                    let here = new KeyedRandom(0, 0, sample, 0).NextUInt64()
                    let there = new KeyedRandom(0, 0, sample ^ (1L << bit), 0).NextUInt64()
                    select (double)ulong.PopCount(here ^ there);

        flips.Average().Should().BeApproximately(32, 0.3);
    }

    [Fact]
    public void NextDouble_OfOneStream_IsUniform()
    {
        const int bins = 64;
        const int draws = 64_000;
        var random = new KeyedRandom(0, 0, 0, 0);
        var counts = new int[bins];
        for (var i = 0; i < draws; i++)
            counts[(int)(random.NextDouble() * bins)]++;

        // Chi-square with 63 degrees of freedom: mean 63, standard deviation 11.2.
        ChiSquare(counts, draws).Should().BeInRange(30, 110);
    }

    [Fact]
    public void NextDouble_OfTheFirstDrawOfManyStreams_IsUniform()
    {
        const int bins = 64;
        const int draws = 64_000;
        var counts = new int[bins];
        for (var sample = 0; sample < draws; sample++)
            counts[(int)(new KeyedRandom(7, 3, sample, 1).NextDouble() * bins)]++;

        ChiSquare(counts, draws).Should().BeInRange(30, 110);
    }

    [Fact]
    public void NextInt_OfFiveValues_DrawsEachEquallyOften()
    {
        const int draws = 50_000;
        var random = new KeyedRandom(0, 0, 0, 0);
        var counts = new int[5];
        for (var i = 0; i < draws; i++)
            counts[random.NextInt(5)]++;

        // Chi-square with 4 degrees of freedom exceeds 18.5 once in a thousand times.
        ChiSquare(counts, draws).Should().BeLessThan(18.5);
    }

    [Fact]
    public void NextInt_OfNoValues_Throws()
    {
        var draw = () => new KeyedRandom(0, 0, 0, 0).NextInt(0);

        draw.Should().Throw<ArgumentOutOfRangeException>().WithParameterName("count");
    }

    [Fact]
    public void Uniform_OfAnEmptyInterval_IsItsEnd()
    {
        new KeyedRandom(0, 0, 0, 0).Uniform(0.3, 0.3).Should().Be(0.3);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.3, 0.3)]
    [InlineData(1, 1)]
    public void Bernoulli_OfManyDraws_SucceedsAtItsRate(double probability, double expected)
    {
        var random = new KeyedRandom(0, 0, 0, 0);

        var rate = Enumerable.Range(0, 10_000).Count(_ => random.Bernoulli(probability)) / 10_000.0;

        rate.Should().BeApproximately(expected, probability is 0 or 1 ? 0 : 0.02);
    }

    private static double ChiSquare(int[] counts, int draws)
    {
        var expected = (double)draws / counts.Length;
        return counts.Sum(count => (count - expected) * (count - expected) / expected);
    }
}
