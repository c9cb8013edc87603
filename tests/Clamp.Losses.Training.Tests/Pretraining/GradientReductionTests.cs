using Clamp.Losses.Tests.Support;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clamp.Losses.Training.Tests;

public sealed class GradientReductionTests
{
    [Theory]
    [InlineData(ScalarType.Float64)]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    public void Reduce_OverAGroup_AddsGradientsUp(ScalarType dtype)
    {
        var sums = Reduced(3, dtype, average: false, rank => [rank + 1, 10 * (rank + 1)]);

        sums.Should().AllSatisfy(rank => rank.Should().Equal(6f, 60f));
    }

    [Fact]
    public void Reduce_Averaging_DividesByTheNumberOfProcesses()
    {
        var means = Reduced(4, ScalarType.Float32, average: true, rank => [rank, 4]);

        means.Should().AllSatisfy(rank => rank.Should().Equal(1.5f, 4f));
    }

    [Fact]
    public void Reduce_GradientOnSomeRanksOnly_CountsAsZeroOnTheOthers()
    {
        var sums = Reduced(3, ScalarType.Float32, average: false, rank => [rank == 1 ? 5 : null, 1]);

        sums.Should().AllSatisfy(rank => rank.Should().Equal(5f, 3f));
    }

    [Fact]
    public void Reduce_GradientOnNoRank_StaysMissing()
    {
        var sums = Reduced(2, ScalarType.Float32, average: false, _ => [null, 1]);

        sums.Should().AllSatisfy(rank => rank.Should().Equal(null, 2f));
    }

    /// <summary>Parameters of 4, 8 and 12 bytes; float64 never shares a bucket with float32.</summary>
    [Theory]
    [InlineData(1, 4)]
    [InlineData(11, 4)]
    [InlineData(12, 3)]
    [InlineData(23, 3)]
    [InlineData(24, 2)]
    public void Constructor_CutsBucketsByBytesAndType(long bucketBytes, int buckets)
    {
        var made = ThreadGroup.Run(2, group =>
        {
            using var scope = NewDisposeScope();
            Parameter[] parameters = [new(zeros(1)), new(zeros(2)), new(zeros(3)), new(zeros(1, float64))];
            using var reduction = new GradientReduction(parameters, group, average: false, bucketBytes);
            foreach (var parameter in parameters)
            {
                parameter.grad = full_like(parameter, group.Rank + 1);
            }

            reduction.Reduce();

            parameters.Should().OnlyContain(parameter => parameter.grad!.eq(3).all().item<bool>());
            return (reduction.Buckets, group.Calls);
        });

        made.Should().AllBeEquivalentTo((buckets, buckets));
    }

    [Fact]
    public void Reduce_OfChannelsLastGradients_KeepsTheirPlaces()
    {
        var sums = ThreadGroup.Run(2, group =>
        {
            using var scope = NewDisposeScope();
            var parameter = new Parameter(zeros(2, 3, 2, 2));
            using var reduction = new GradientReduction([parameter], group);
            parameter.grad = arange(24, float32).reshape(2, 2, 2, 3).permute(0, 3, 1, 2);
            reduction.Reduce();
            return parameter.grad.permute(0, 2, 3, 1).reshape(-1).data<float>().ToArray();
        });

        sums.Should().AllSatisfy(rank => rank.Should().Equal(Enumerable.Range(0, 24).Select(value => 2f * value)));
    }

    [Fact]
    public void Reduce_Again_KeepsNoMoreTensorsAlive()
    {
        using var scope = NewDisposeScope();
        var parameter = new Parameter(zeros(2));
        parameter.grad = ones(2);
        using var reduction = new GradientReduction([parameter], new Mirror());
        reduction.Reduce();
        var before = LiveTensors.Count;

        reduction.Reduce();

        LiveTensors.Count.Should().Be(before);
    }

    [Fact]
    public void Dispose_FreesTheBucketsAndEndsTheUse()
    {
        using var scope = NewDisposeScope();
        var parameter = new Parameter(zeros(2));
        var before = LiveTensors.Count;
        var reduction = new GradientReduction([parameter], new Mirror());

        reduction.Dispose();

        LiveTensors.Count.Should().Be(before);
        reduction.Invoking(each => each.Reduce()).Should().Throw<ObjectDisposedException>();
    }

    private static float?[][] Reduced(int ranks, ScalarType dtype, bool average, Func<int, float?[]> gradients) => ThreadGroup.Run(ranks, group =>
    {
        using var scope = NewDisposeScope();
        var own = gradients(group.Rank);
        var parameters = own.Select(_ => new Parameter(zeros(2, 3, dtype: dtype))).ToArray();
        for (var i = 0; i < own.Length; i++)
        {
            if (own[i] is { } value)
            {
                parameters[i].grad = full_like(parameters[i], value);
            }
        }

        using var reduction = new GradientReduction(parameters, group, average);
        reduction.Reduce();
        return parameters.Select(parameter => parameter.grad?.to(float32).unique().output.data<float>().Single()).ToArray();
    });

    /// <summary>A group of two that are alike.</summary>
    private sealed class Mirror : IProcessGroup
    {
        public int Rank => 0;

        public int WorldSize => 2;

        public Tensor AllGather(Tensor local) => throw new NotSupportedException();

        public void AllReduceSum(Tensor tensor) => tensor.mul_(2);

        public void Broadcast(Tensor tensor, int root) => throw new NotSupportedException();

        public void Barrier() => throw new NotSupportedException();
    }
}
