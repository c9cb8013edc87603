using CsCheck;

namespace Clamp.Losses.Training.Tests;

public sealed class EpochSamplerTests
{
    [Theory]
    [InlineData(100, 32)]
    [InlineData(7, 4)]
    [InlineData(5, 4)]
    [InlineData(2, 64)]
    [InlineData(64, 64)]
    public void Batches_HoldEveryImageOnce(int count, int batchSize)
    {
        var sampler = new EpochSampler(count, batchSize, seed: 3);

        var batches = sampler.Batches(epoch: 1).ToList();

        batches.Should().HaveCount(sampler.BatchesPerEpoch);
        batches.Should().OnlyContain(batch => batch.Length >= 2 && batch.Length <= batchSize);
        batches.SelectMany(batch => batch).Order().Should().Equal(Enumerable.Range(0, count));
    }

    [Fact]
    public void Batches_OfAnySizes_LoseAndRepeatNoImage()
    {
        Gen.Select(Gen.Int[2, 300], Gen.Int[4, 80], Gen.Int, Gen.Int[0, 1000]).Sample((count, batchSize, seed, epoch) =>
            new EpochSampler(count, batchSize, seed).Batches(epoch).SelectMany(batch => batch).Order().SequenceEqual(Enumerable.Range(0, count)));
    }

    [Fact]
    public void Batches_SameSeedAndEpoch_RepeatTheOrder() => Order(seed: 3, epoch: 5).Should().Equal(Order(seed: 3, epoch: 5));

    [Fact]
    public void Batches_AnotherEpoch_HaveAnotherOrder() => Order(seed: 3, epoch: 5).Should().NotEqual(Order(seed: 3, epoch: 6));

    [Fact]
    public void Batches_AnotherSeed_HaveAnotherOrder() => Order(seed: 3, epoch: 5).Should().NotEqual(Order(seed: 4, epoch: 5));

    [Fact]
    public void Constructor_OneImage_IsRefused()
    {
        var act = () => new EpochSampler(count: 1, batchSize: 8, seed: 0);
        act.Should().Throw<InvalidOptionsException>().WithMessage("1 images*at least 2*");
    }

    [Fact]
    public void Constructor_BatchTooSmall_NamesTheArgument()
    {
        var act = () => new EpochSampler(count: 10, batchSize: 3, seed: 0);
        act.Should().Throw<ArgumentOutOfRangeException>().WithParameterName("batchSize");
    }

    [Fact]
    public void Batches_LargestBatchSize_AreOneOfAllImages() =>
        new EpochSampler(count: 10, batchSize: int.MaxValue, seed: 0).Batches(0).Should().ContainSingle().Which.Should().HaveCount(10);

    private static IEnumerable<int> Order(int seed, int epoch) => new EpochSampler(50, 8, seed).Batches(epoch).SelectMany(batch => batch);
}
