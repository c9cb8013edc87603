using System.Runtime.CompilerServices;
using Clamp.Losses.Tests.Support;
using static TorchSharp.torch;

namespace Clamp.Losses.Training.Tests;

public sealed class SyncBatchNormTests
{
    public static TheoryData<int[], ScalarType, double> Splits => new()
    {
        { [6, 6], ScalarType.Float64, 1e-10 },
        { [5, 1, 10], ScalarType.Float64, 1e-10 },
        { [1, 1, 1, 1], ScalarType.Float64, 1e-10 },
        { [4, 0, 3], ScalarType.Float64, 1e-10 },
        { [5, 1, 10], ScalarType.Float32, 1e-5 },
    };

    [Theory]
    [MemberData(nameof(Splits))]
    public void Forward_OverAGroup_GivesTheOutputGradientsAndStatisticsOfOneProcess(int[] images, ScalarType dtype, double tolerance)
    {
        using var scope = NewDisposeScope();
        var batch = Numbers([images.Sum(), 3, 4, 5], 1, dtype) + 10;
        var upstream = Numbers([images.Sum(), 3, 4, 5], 2, dtype);
        var whole = Results(batch, upstream, dtype, group: null);

        var parts = ThreadGroup.Run(images.Length, group =>
        {
            var (first, count) = (images[..group.Rank].Sum(), images[group.Rank]);
            return Results(batch.narrow(0, first, count), upstream.narrow(0, first, count), dtype, group);
        });

        Error(cat(parts.Select(part => part.Output).ToArray()), whole.Output).Should().BeLessThan(tolerance);
        Error(cat(parts.Select(part => part.Input).ToArray()), whole.Input).Should().BeLessThan(tolerance);
        Error(Sum(parts.Select(part => part.Weight)), whole.Weight).Should().BeLessThan(tolerance);
        Error(Sum(parts.Select(part => part.Bias)), whole.Bias).Should().BeLessThan(tolerance);
        foreach (var (mean, variance) in parts.Select(part => (part.Mean, part.Variance)))
        {
            Error(mean, whole.Mean).Should().BeLessThan(tolerance);
            Error(variance, whole.Variance).Should().BeLessThan(tolerance);
            mean.bytes.SequenceEqual(parts[0].Mean.bytes).Should().BeTrue("statistics are the same bits on all ranks");
            variance.bytes.SequenceEqual(parts[0].Variance.bytes).Should().BeTrue("statistics are the same bits on all ranks");
        }
    }

    [Fact]
    public void Forward_Alone_IsTorchsBatchNorm()
    {
        using var scope = NewDisposeScope();
        using var torchs = nn.BatchNorm2d(3);
        using var norm = new SyncBatchNorm(3);
        var batch = Numbers([4, 3, 2, 2], 3, ScalarType.Float32);

        foreach (var training in new[] { true, false })
        {
            torchs.train(training);
            norm.train(training);
            norm.call(batch).bytes.SequenceEqual(torchs.call(batch).bytes).Should().BeTrue();
        }

        norm.state_dict().Select(entry => (entry.Key, string.Join(' ', entry.Value.bytes.ToArray())))
            .Should().Equal(torchs.state_dict().Select(entry => (entry.Key, string.Join(' ', entry.Value.bytes.ToArray()))), "checkpoints are read in this order");
    }

    [Fact]
    public void Forward_OfOneValueInAllProcesses_IsRefusedOnEach()
    {
        var act = () => ThreadGroup.Run(2, group =>
        {
            using var scope = NewDisposeScope();
            using var norm = new SyncBatchNorm(3) { ProcessGroup = group };
            return norm.call(zeros(group.Rank, 3)).shape[0];
        });

        act.Should().Throw<AggregateException>().Which.InnerExceptions.Should().HaveCount(2).And.AllBeOfType<ArgumentException>();
    }

    [Fact]
    public void Forward_InEvalMode_AsksNobody()
    {
        var calls = ThreadGroup.Run(2, group =>
        {
            using var scope = NewDisposeScope();
            using var norm = new SyncBatchNorm(3) { ProcessGroup = group };
            norm.eval();
            norm.call(zeros(2, 3));
            return group.Calls;
        });

        calls.Should().Equal(0, 0);
    }

    [Fact]
    public void Backward_ThatFails_LeavesTheProcessAliveAndThrowsAtTheNextCall()
    {
        using var scope = NewDisposeScope();
        using var norm = new SyncBatchNorm(3) { ProcessGroup = new FailingGroup { Fails = 1 } };
        using var leaf = ones(2, 3).requires_grad_();

        norm.call(leaf).sum().backward();

        leaf.grad!.isnan().all().item<bool>().Should().BeTrue();
        norm.Invoking(each => each.call(leaf)).Should().Throw<IOException>().WithMessage("lost");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Forward_OverAGroup_KeepsNoGraph(bool backward)
    {
        var group = Step(backward);

        GC.Collect();

        group.IsAlive.Should().BeFalse("its node holds the group, and the input's memory, as long as the graph lives");
    }

    // On a stack of its own, which holds nothing after it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Step(bool backward)
    {
        using var scope = NewDisposeScope();
        var group = new FailingGroup { Fails = -1 };
        using var norm = new SyncBatchNorm(3) { ProcessGroup = group };
        var output = norm.call(ones(2, 3).requires_grad_()).sum();
        if (backward)
        {
            output.backward();
        }

        return new WeakReference(group);
    }

    private static (Tensor Output, Tensor Input, Tensor Weight, Tensor Bias, Tensor Mean, Tensor Variance) Results(
        Tensor batch, Tensor upstream, ScalarType dtype, IProcessGroup? group)
    {
        using var norm = new SyncBatchNorm(3).to(dtype);
        var state = norm.state_dict();
        using (no_grad())
        {
            state["weight"].copy_(tensor([0.5, -2, 1]));
            state["bias"].copy_(tensor([1.0, 0, -1]));
        }

        norm.ProcessGroup = group;
        using var leaf = batch.detach().clone().requires_grad_();
        using var output = norm.call(leaf * 2);
        output.backward([upstream]);
        SyncBatchNorm.ThrowIfBackwardFailed(norm);
        return (output.detach().clone(), leaf.grad!, state["weight"].grad!.clone(), state["bias"].grad!.clone(), state["running_mean"].clone(), state["running_var"].clone());
    }

    private static Tensor Numbers(long[] shape, int seed, ScalarType dtype)
    {
        using var generator = new Generator((ulong)seed);
        return randn(shape, dtype: ScalarType.Float64, generator: generator).to(dtype);
    }

    private static Tensor Sum(IEnumerable<Tensor> parts) => parts.Aggregate((total, one) => total + one);

    private static double Error(Tensor given, Tensor expected) => ((given - expected).norm() / expected.norm()).to(ScalarType.Float64).item<double>();

    /// <summary>A group of two that answers with its own tensors until it loses its connection.</summary>
    private sealed class FailingGroup : IProcessGroup
    {
        private int _calls;

        public int Fails { get; init; }

        public int Rank => 0;

        public int WorldSize => 2;

        public Tensor AllGather(Tensor local) => throw new NotSupportedException();

        public void AllReduceSum(Tensor tensor)
        {
            if (_calls++ == Fails)
            {
                throw new IOException("lost");
            }
        }

        public void Broadcast(Tensor tensor, int root) => throw new NotSupportedException();

        public void Barrier() => throw new NotSupportedException();
    }
}
