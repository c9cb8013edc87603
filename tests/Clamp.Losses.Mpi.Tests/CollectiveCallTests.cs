using static TorchSharp.torch;

namespace Clamp.Losses.Mpi.Tests;

public sealed class CollectiveCallTests
{
    [Theory]
    [InlineData(new long[] { 2, 3 }, new long[] { 5, 3 }, true)]
    [InlineData(new long[] { 2, 3 }, new long[] { 2, 4 }, false)]
    [InlineData(new long[] { 2 }, new long[] { 2, 1 }, false)]
    public void PartsMayDifferInTheirFirstDimensionOnly(long[] one, long[] other, bool match) =>
        Of(Collective.AllGather, one).Matches(Of(Collective.AllGather, other)).Should().Be(match);

    [Fact]
    public void SummedTensorsMayNotDifferInTheirFirstDimension() =>
        Of(Collective.AllReduceSum, 2, 3).Matches(Of(Collective.AllReduceSum, 5, 3)).Should().BeFalse();

    [Fact]
    public void DimensionsBeyondThoseSentAreCompared() =>
        Of(Collective.AllReduceSum, 1, 1, 1, 1, 1, 1, 2, 3, 5).Matches(Of(Collective.AllReduceSum, 1, 1, 1, 1, 1, 1, 2, 3, 4)).Should().BeFalse();

    private static CollectiveCall Of(Collective operation, params long[] shape)
    {
        using var tensor = zeros(shape);
        return CollectiveCall.Of(operation, tensor);
    }
}
