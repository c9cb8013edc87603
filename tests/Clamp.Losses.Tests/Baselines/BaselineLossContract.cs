using Clamp.Losses.Tests.Golden;
using Clamp.Losses.Tests.Support;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Baselines;

/// <summary>What every loss that CLAMP is compared with must do; one subclass each.</summary>
public abstract class BaselineLossContract : TorchTest
{
    private static long LiveTensors => DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

    [Fact]
    public void Forward_GoldenCaseInFloat64_MatchesThePublishedLoss()
    {
        foreach (var (criterion, golden) in GoldenCases())
        {
            var (loss, gradient) = LossAndGradient(criterion, golden.Embeddings.to(float64));

            loss.Value().DistanceTo(golden.Loss).Should().BeLessThan(1e-9);
            gradient.RelativeDistanceTo(golden.Gradient).Should().BeLessThan(1e-7, "the gradient is stored in float32");
        }
    }

    [Fact]
    public void Forward_GoldenCaseInFloat32_MatchesThePublishedLoss()
    {
        foreach (var (criterion, golden) in GoldenCases())
        {
            var (loss, gradient) = LossAndGradient(criterion, golden.Embeddings);

            loss.dtype.Should().Be(ScalarType.Float32);
            gradient.dtype.Should().Be(ScalarType.Float32);
            loss.Value().DistanceTo(golden.Loss).Should().BeLessThan(1e-5);
            gradient.RelativeDistanceTo(golden.Gradient).Should().BeLessThan(1e-5);
        }
    }

    [Theory]
    [InlineData(ScalarType.Float16, 1e-3)]
    [InlineData(ScalarType.BFloat16, 8e-3)]
    public void Forward_NarrowType_IsComputedInFloat32(ScalarType dtype, double rounding)
    {
        var embeddings = ClusteredEmbeddings(3, 12, 7, dtype: dtype);
        var (expectedLoss, expectedGradient) = LossAndGradient(Criterion(), embeddings.to(float64));

        var (loss, gradient) = LossAndGradient(Criterion(), embeddings);

        loss.dtype.Should().Be(ScalarType.Float32);
        gradient.dtype.Should().Be(dtype);
        loss.Value().DistanceTo(expectedLoss.Value()).Should().BeLessThan(1e-5);
        gradient.RelativeDistanceTo(expectedGradient).Should().BeLessThan(rounding, "the gradient is rounded to that type");
    }

    [Fact]
    public void Backward_SmallBatch_MatchesFiniteDifferences()
    {
        var embeddings = ClusteredEmbeddings(3, 5, 4);
        var (_, gradient) = LossAndGradient(Criterion(), embeddings);
        var direction = RandomEmbeddings(3, 5, 4, seed: 11);
        const double Step = 1e-6;

        var slope = Criterion().forward(embeddings + Step * direction) - Criterion().forward(embeddings - Step * direction);

        (slope.Value() / (2 * Step)).DistanceTo((gradient * direction).sum().Value()).Should().BeLessThan(1e-7);
    }

    [Fact]
    public void Backward_UpstreamGradient_ScalesTheGradient()
    {
        var embeddings = ClusteredEmbeddings(2, 6, 5).requires_grad_();
        var (_, gradient) = LossAndGradient(Criterion(), embeddings);

        (Criterion().forward(embeddings) * -2.5).backward();

        embeddings.grad!.RelativeDistanceTo(gradient * -2.5).Should().BeLessThan(1e-13);
    }

    [Fact]
    public void Forward_ViewsAndImagesPermuted_KeepsTheLoss()
    {
        var embeddings = ClusteredEmbeddings(3, 6, 5);

        var permuted = embeddings.flip(0).roll(2, 1);

        Criterion().forward(permuted).Value().DistanceTo(Criterion().forward(embeddings).Value()).Should().BeLessThan(1e-12);
    }

    [Fact]
    public void Forward_StridedEmbeddings_EqualsContiguousAndLeavesThemAlone()
    {
        var imageMajor = ClusteredEmbeddings(4, 9, 10).transpose(0, 1).contiguous();
        var before = imageMajor.BitPattern();
        var strided = imageMajor.transpose(0, 1).slice(2, 1, 10, 2);

        var loss = Criterion().forward(strided).Value();

        loss.DistanceTo(Criterion().forward(strided.contiguous()).Value()).Should().BeLessThan(1e-12);
        imageMajor.BitPattern().Should().Equal(before);
    }

    [Theory]
    [InlineData("all equal")]
    [InlineData("all zero")]
    [InlineData("views equal")]
    [InlineData("one width")]
    [InlineData("smallest")]
    public void Forward_DegenerateBatch_GivesFiniteLossAndGradient(string kind)
    {
        var (loss, gradient) = LossAndGradient(Criterion(), Degenerate(kind));

        double.IsFinite(loss.Value()).Should().BeTrue();
        gradient.isfinite().all().item<bool>().Should().BeTrue();
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Forward_OneValueThatIsNoNumber_GivesNaN(double value)
    {
        var embeddings = ClusteredEmbeddings(3, 6, 4);
        embeddings[1, 2, 3] = tensor(value, dtype: float64);

        double.IsNaN(Criterion().forward(embeddings).Value()).Should().BeTrue();
    }

    [Fact]
    public void ForwardAndBackward_LeaveTheLossAlone()
    {
        using var criterion = Criterion();
        using var embeddings = ClusteredEmbeddings(3, 8, 6).requires_grad_();
        var before = LiveTensors;

        using var loss = criterion.forward(embeddings);
        loss.backward();

        LiveTensors.Should().Be(before + 1);
    }

    /// <summary>A gradient that a node has lent would keep the memory of all members' embeddings through the encoder's backward pass.</summary>
    [Fact]
    public void ForwardAndBackward_OverAGroup_LeaveTheLossAlone()
    {
        var left = ThreadGroup.Run(2, group =>
        {
            using var criterion = Criterion(group);
            using var embeddings = ClusteredEmbeddings(3, 8, 6).requires_grad_();
            var before = LiveTensors;

            using var loss = criterion.forward(embeddings);
            loss.backward();

            return LiveTensors - before;
        });

        left.Should().AllBeEquivalentTo(1L);
    }

    [Theory]
    [InlineData(new long[] { 1, 4, 3 }, "[1, 4, 3]*at least 2 views")]
    [InlineData(new long[] { 4, 1, 3 }, "[4, 1, 3]*2 images")]
    [InlineData(new long[] { 4, 4, 0 }, "[4, 4, 0]*a width of 1.")]
    [InlineData(new long[] { 8, 3 }, "[8, 3]*Expected [V, B, D].")]
    [InlineData(new long[] { 2, 2, 2, 2 }, "[2, 2, 2, 2]*Expected [V, B, D].")]
    public void Forward_BadShape_NamesShapeAndWhatIsAllowed(long[] shape, string message)
    {
        var embeddings = zeros(shape);
        var act = () => Criterion().forward(embeddings);

        act.Should().Throw<ArgumentException>().WithParameterName("embeddings").WithMessage($"*{message}*");
    }

    [Fact]
    public void Forward_NullOrNotFloating_Throws()
    {
        var criterion = Criterion();
        criterion.Invoking(c => c.forward(null!)).Should().Throw<ArgumentNullException>().WithParameterName("embeddings");
        criterion.Invoking(c => c.forward(zeros(2, 3, 4, dtype: int64))).Should().Throw<ArgumentException>().WithMessage("*Int64*Float64*");
    }

    [Theory]
    [InlineData(ScalarType.Float64, 1e-10)]
    [InlineData(ScalarType.Float32, 1e-6)]
    public void Forward_OverAGroup_GivesLossAndGradientOfTheWholeBatch(ScalarType dtype, double tolerance)
    {
        var embeddings = ClusteredEmbeddings(3, 30, 7, dtype: dtype);
        var expected = LossAndGradient(Criterion(), embeddings);
        for (int members = 1; members <= 5; members++)
        {
            var shares = ThreadGroup.Shares(30, members);

            var results = ThreadGroup.Run(members, group => LossAndGradient(Criterion(group), group.Own(embeddings, shares)));

            results.Should().AllSatisfy(result => result.Loss.Value().DistanceTo(expected.Loss.Value()).Should().BeLessThan(tolerance));
            cat(results.Select(result => result.Gradient).ToList(), 1).RelativeDistanceTo(expected.Gradient).Should().BeLessThan(tolerance);
        }
    }

    [Fact]
    public void Forward_MembersWithEmbeddingsOfDifferentWidth_FailsOnEach()
    {
        var faults = ThreadGroup.Run(2, group =>
        {
            var act = () => Criterion(group).forward(zeros(2, 3, 4 + group.Rank));
            return act.Should().Throw<InvalidOperationException>().Which.Message;
        });

        faults.Should().AllSatisfy(message => message.Should().Contain("D is 4 on rank 0 and 5 on rank 1"));
    }

    /// <summary>Otherwise the member with a graph would wait in its backward pass, which communicates, for the one without.</summary>
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    public void Forward_GraphOnOneMemberOnly_FailsOnEach(int with, int without)
    {
        var faults = ThreadGroup.Run(2, group =>
        {
            using var recorded = set_grad_enabled(group.Rank == with);
            var act = () => Criterion(group).forward(zeros(2, 3, 4).requires_grad_());
            return act.Should().Throw<InvalidOperationException>().Which.Message;
        });

        faults.Should().AllSatisfy(message => message.Should().EndWith(
            $"the embeddings require a gradient on rank {with} but not on rank {without}, or rank {without} is inside no_grad."));
    }

    [Fact]
    public void Forward_AnotherLossOnOneMember_FailsOnEach()
    {
        var faults = ThreadGroup.Run(2, group =>
        {
            using var criterion = group.Rank == 0 ? Criterion(group) : new ClampLoss(processGroup: group);
            var act = () => criterion.forward(zeros(2, 3, 4));
            return act.Should().Throw<InvalidOperationException>().Which.Message;
        });

        var loss = Criterion().GetType().Name[..^"Loss".Length];
        faults.Should().AllSatisfy(message => message.Should().EndWith($"the call is {loss} on rank 0 and Clamp on rank 1."));
    }

    [Fact]
    public void Forward_EmbeddingsThatOneMemberRefuses_FailsOnEach()
    {
        var faults = ThreadGroup.Run(2, group =>
        {
            var act = () => Criterion(group).forward(group.Rank == 1 ? zeros(2, 3) : zeros(2, 3, 4));
            return act.Should().Throw<Exception>().Which;
        });

        faults[0].Should().BeOfType<InvalidOperationException>().Which.Message.Should().Contain("Rank 1").And.Contain("refused");
        faults[1].Should().BeOfType<ArgumentException>();
    }

    /// <summary>The loss with its default parameters.</summary>
    protected abstract nn.Module<Tensor, Tensor> Criterion(IProcessGroup? group = null);

    /// <summary>The published values, each beside the loss with the parameters they were made with.</summary>
    private protected abstract IEnumerable<(nn.Module<Tensor, Tensor> Criterion, BaselineGoldenCase Golden)> GoldenCases();

    private protected static (Tensor Loss, Tensor Gradient) LossAndGradient(nn.Module<Tensor, Tensor> criterion, Tensor embeddings)
    {
        var leaf = embeddings.detach().clone().requires_grad_();
        var loss = criterion.forward(leaf);
        loss.backward();
        return (loss, leaf.grad!);
    }

    private protected static void RejectsParameter(Func<object> construct, string parameter, string given, string allowed) =>
        construct.Invoking(make => make()).Should().Throw<ArgumentOutOfRangeException>().WithParameterName(parameter)
            .WithMessage($"{parameter} is {given}; it must be finite and {allowed}.*");

    private static Tensor Degenerate(string kind) => kind switch
    {
        "all equal" => ones(3, 6, 4, dtype: float32) * 0.3,
        "all zero" => zeros(3, 6, 4, dtype: float32),
        "views equal" => RandomEmbeddings(1, 6, 4, ScalarType.Float32).expand(3, 6, 4),
        "one width" => ClusteredEmbeddings(3, 6, 1, dtype: ScalarType.Float32),
        "smallest" => ClusteredEmbeddings(2, 2, 1, dtype: ScalarType.Float32),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown batch."),
    };
}
