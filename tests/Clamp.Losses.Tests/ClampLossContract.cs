using Clamp.Losses.Tests.Golden;
using Clamp.Losses.Tests.Support;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests;

/// <summary>What every backend must do, on embeddings of one dtype; one subclass each.</summary>
/// <param name="backend">What the options ask for.</param>
/// <param name="expected">What must then compute the loss.</param>
/// <param name="dtype">The embeddings' dtype.</param>
public abstract class ClampLossContract(ClampBackend backend, ClampBackend expected, ScalarType dtype) : TorchTest
{
    private readonly List<ClampLoss> _criteria = [];

    public static TheoryData<string> GoldenNames => new(GoldenCase.Names);

    /// <summary>How far the loss may be from float64 on the same numbers.</summary>
    private double LossTolerance => dtype == ScalarType.Float64 ? 1e-12 : 1e-5;

    /// <summary>How far the gradient may be: the kernels' own error, or the rounding of the result to 11 or 8 bits.</summary>
    private double GradientTolerance => dtype switch
    {
        ScalarType.Float64 => 1e-12,
        ScalarType.Float32 => 1e-5,
        ScalarType.Float16 => 5e-4,
        _ => 4e-3,
    };

    public override void Dispose()
    {
        _criteria.Select(criterion => criterion.LastBackend ?? expected).Should().OnlyContain(backend => backend == expected);
        _criteria.ForEach(criterion => criterion.Dispose());
        base.Dispose();
        GC.SuppressFinalize(this);
    }

    [Theory, MemberData(nameof(GoldenNames))]
    public void LossAndGradient_GoldenCase_MatchesReference(string name)
    {
        var golden = GoldenCase.Named(name);
        var embeddings = golden.Embeddings.to(dtype);
        var (expectedLoss, expectedGradient) = ReferenceOn(golden, embeddings);

        var (loss, gradient) = Criterion(golden.Options(backend)).LossAndGradient(embeddings);

        loss.dtype.Should().Be(dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32);
        gradient.dtype.Should().Be(dtype);
        loss.Value().DistanceTo(expectedLoss).Should().BeLessThan(Math.Max(1e-9, LossTolerance));
        var tolerance = Math.Max(GradientTolerance, dtype == ScalarType.Float64 ? StorageTolerance(golden.Gradient) : 0);
        var isCollapsed = name is "collapsed" or "coincident_pairs" && dtype != ScalarType.Float64;
        gradient.RelativeDistanceTo(expectedGradient).Should().BeLessThan(isCollapsed ? Math.Max(1e-4, tolerance) : tolerance);
    }

    [Theory]
    [InlineData(3, 10, 6)]
    [InlineData(4, 20, 12)]
    [InlineData(5, 70, 33)]
    public void ClusteredEmbeddings_AreInContactInPart(int views, int images, int width)
    {
        using var geometry = Criterion(new ClampLossOptions { RadiusScale = 2.5 }).Measure(ClusteredEmbeddings(views, images, width));

        geometry.ContactFraction.Should().BeInRange(0.1, 0.9, "the other tests need pairs of both kinds");
    }

    [Theory]
    [InlineData(4, 20, 12)]
    [InlineData(3, 70, 1000)]
    public void LossAndGradient_MatchFloat64OnTheSameNumbers(int views, int images, int width)
    {
        var embeddings = Clustered(views, images, width);
        using var specification = new ClampLoss(new ClampLossOptions { RadiusScale = 2.5, Backend = ClampBackend.Composite });
        var (expectedLoss, expectedGradient) = specification.LossAndGradient(embeddings.to(float64));

        var (loss, gradient) = Criterion(new ClampLossOptions { RadiusScale = 2.5 }).LossAndGradient(embeddings);

        loss.Value().DistanceTo(expectedLoss.Value()).Should().BeLessThan(LossTolerance);
        gradient.RelativeDistanceTo(expectedGradient).Should().BeLessThan(GradientTolerance);
    }

    [Theory]
    [InlineData(-2.5)]
    [InlineData(1e3)]
    public void Backward_UpstreamGradient_ScalesTheGradient(double upstream)
    {
        var embeddings = Clustered(3, 10, 6).requires_grad_();
        var criterion = Criterion(new ClampLossOptions { RadiusScale = 2.5 });
        var (_, gradient) = criterion.LossAndGradient(embeddings);

        (criterion.forward(embeddings) * upstream).backward();

        embeddings.grad!.dtype.Should().Be(dtype);
        embeddings.grad!.RelativeDistanceTo(gradient.to(float64) * upstream).Should().BeLessThan(dtype switch
        {
            ScalarType.Float64 => 1e-14,
            ScalarType.Float32 => 1e-6,
            _ => 2 * GradientTolerance,
        });
    }

    [Fact]
    public void Backward_EmbeddingsFromALayer_LeavesTheLayersGradientRight()
    {
        var input = Clustered(3, 10, 6);
        var weight = RandomEmbeddings(1, 6, 5, seed: 3).squeeze(0).to(dtype).requires_grad_();
        var criterion = Criterion(new ClampLossOptions { RadiusScale = 2.5 });
        var (_, gradient) = criterion.LossAndGradient(input.matmul(weight));

        criterion.forward(input.matmul(weight)).backward();

        var expectedGradient = input.to(float64).reshape(-1, 6).t().mm(gradient.to(float64).reshape(-1, 5));
        weight.grad!.RelativeDistanceTo(expectedGradient).Should().BeLessThan(2 * GradientTolerance);
    }

    [Fact]
    public void Forward_FlattenedEmbeddings_EqualsViewMajor()
    {
        var embeddings = Clustered(4, 8, 6);

        var flat = Criterion(new ClampLossOptions { Views = 4, RadiusScale = 2.5 }).LossAndGradient(embeddings.reshape(32, 6));

        var (loss, gradient) = Criterion(new ClampLossOptions { RadiusScale = 2.5 }).LossAndGradient(embeddings);
        flat.Loss.BitPattern().Should().Equal(loss.BitPattern());
        flat.Gradient.shape.Should().Equal(32, 6);
        flat.Gradient.BitPattern().Should().Equal(gradient.BitPattern());
    }

    [Fact]
    public void Forward_ListOfViews_EqualsStackedTensor()
    {
        var embeddings = Clustered(3, 8, 6);
        var criterion = Criterion(new ClampLossOptions { RadiusScale = 2.5 });

        var loss = criterion.forward([embeddings[0], embeddings[1], embeddings[2]]);

        loss.BitPattern().Should().Equal(criterion.forward(embeddings).BitPattern());
    }

    [Fact]
    public void LossAndGradient_StridedEmbeddings_EqualsContiguous()
    {
        var imageMajor = Clustered(4, 9, 10).transpose(0, 1).contiguous();
        var strided = imageMajor.transpose(0, 1).slice(2, 1, 10, 2);
        strided.is_contiguous().Should().BeFalse();
        var criterion = Criterion(new ClampLossOptions { RadiusScale = 2.5 });

        var (loss, gradient) = criterion.LossAndGradient(strided);

        var (expectedLoss, expectedGradient) = criterion.LossAndGradient(strided.contiguous());
        loss.Value().DistanceTo(expectedLoss.Value()).Should().BeLessThan(1e-14);
        gradient.RelativeDistanceTo(expectedGradient).Should().BeLessThan(1e-13);
    }

    [Fact]
    public void ForwardAndBackward_NeverModifyTheEmbeddings()
    {
        var embeddings = Clustered(3, 10, 6).requires_grad_();
        var before = embeddings.detach().BitPattern();
        var criterion = Criterion(new ClampLossOptions { RadiusScale = 2.5 });

        criterion.forward(embeddings).backward();
        criterion.LossAndGradient(embeddings);
        criterion.Measure(embeddings).Dispose();

        embeddings.detach().BitPattern().Should().Equal(before);
    }

    [Fact]
    public void LossAndGradient_CalledTwice_RepeatsBitForBit()
    {
        var embeddings = Clustered(5, 70, 33);
        var criterion = Criterion(new ClampLossOptions { PotentialExponent = 2.5, RadiusScale = 2.5 });
        var first = criterion.LossAndGradient(embeddings);

        var second = criterion.LossAndGradient(embeddings);

        second.Loss.BitPattern().Should().Equal(first.Loss.BitPattern());
        second.Gradient.BitPattern().Should().Equal(first.Gradient.BitPattern());
    }

    [Fact]
    public void Forward_InsideNoGrad_HasNoGraph()
    {
        using var unrecorded = no_grad();

        var loss = Criterion(new ClampLossOptions { RadiusScale = 2.5 }).forward(Clustered(3, 5, 4).requires_grad_());

        loss.requires_grad.Should().BeFalse();
    }

    [Fact]
    public void LossAndGradient_InsideNoGrad_StillGivesTheGradient()
    {
        var embeddings = Clustered(3, 5, 4);
        var criterion = Criterion(new ClampLossOptions { RadiusScale = 2.5 });
        var expected = criterion.LossAndGradient(embeddings).Gradient;
        using var unrecorded = no_grad();

        var (loss, gradient) = criterion.LossAndGradient(embeddings);

        loss.requires_grad.Should().BeFalse();
        gradient.BitPattern().Should().Equal(expected.BitPattern());
    }

    [Fact]
    public void LossAndGradient_LeavesTheEmbeddingsOwnGradientAlone()
    {
        var embeddings = Clustered(3, 5, 4).requires_grad_();

        Criterion(new ClampLossOptions { RadiusScale = 2.5 }).LossAndGradient(embeddings);

        embeddings.grad.Should().BeNull();
    }

    [SkippableTheory]
    [InlineData("all equal")]
    [InlineData("all zero")]
    [InlineData("views equal")]
    [InlineData("1e30")]
    [InlineData("1e-30")]
    [InlineData("two points")]
    [InlineData("one width")]
    public void LossAndGradient_DegenerateBatch_IsFinite(string kind)
    {
        var embeddings = Degenerate(kind).to(dtype);
        Skip.If(!embeddings.isfinite().all().item<bool>(), $"{dtype} has no such numbers.");
        foreach (var options in new ClampLossOptions[] { new(), new() { SizeWeight = 1, MinSeparation = 1e-4, PotentialExponent = 1.5 } })
        {
            var (loss, gradient) = Criterion(options).LossAndGradient(embeddings);

            double.IsFinite(loss.Value()).Should().BeTrue();
            gradient.to(float32).isfinite().all().item<bool>().Should().BeTrue();
        }
    }

    [SkippableTheory]
    [InlineData(1e30)]
    [InlineData(1e-8)]
    public void LossAndGradient_ExtremeScale_KeepsTheLoss(double scale)
    {
        Skip.If(dtype is ScalarType.Float16, "float16 has no such numbers.");
        var embeddings = Clustered(4, 12, 8);
        var criterion = Criterion(new ClampLossOptions { RadiusScale = 2.5 });

        // A power of two changes no digit.
        var scaled = criterion.forward(embeddings * Math.Pow(2, Math.Round(Math.Log2(scale))));

        scaled.Value().Should().BeApproximately(criterion.forward(embeddings).Value(), 1e-5);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void Forward_OneValueThatIsNoNumber_GivesNaN(double value)
    {
        var embeddings = Clustered(3, 6, 4);
        embeddings[1, 2, 3] = tensor(value, dtype: dtype);

        foreach (var options in new ClampLossOptions[] { new(), new() { RepulsionWeight = 0, SizeWeight = 1 }, new() { LogEnergy = false } })
        {
            double.IsNaN(Criterion(options).forward(embeddings).Value()).Should().BeTrue();
        }
    }

    [SkippableFact]
    public void Forward_NormThatOverflowsFloat64_GivesNaN()
    {
        Skip.If(dtype != ScalarType.Float64, "The norms of smaller types do not overflow float64.");
        var embeddings = Clustered(3, 6, 4);
        embeddings[1, 2, 3] = tensor(1e200, dtype: dtype);

        double.IsNaN(Criterion(new ClampLossOptions()).forward(embeddings).Value()).Should().BeTrue();
    }

    private static Tensor Degenerate(string kind) => kind switch
    {
        "all equal" => ones(3, 6, 4, dtype: float64) * 0.3,
        "all zero" => zeros(3, 6, 4, dtype: float64),
        "views equal" => RandomEmbeddings(1, 6, 4).expand(3, 6, 4),
        "1e30" => ClusteredEmbeddings(3, 6, 4) * 1e30,
        "1e-30" => ClusteredEmbeddings(3, 6, 4) * 1e-30,
        "two points" => RandomEmbeddings(1, 2, 4).repeat_interleave(3, dim: 1).expand(3, 6, 4),
        "one width" => ClusteredEmbeddings(3, 6, 1),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown batch."),
    };

    private static double StorageTolerance(Tensor stored) => stored.dtype == ScalarType.Float64 ? 1e-9 : 1e-7;

    /// <summary>The golden numbers hold for the stored embeddings alone; where the dtype rounds those, Composite float64 stands in.</summary>
    private static (double Loss, Tensor Gradient) ReferenceOn(GoldenCase golden, Tensor embeddings)
    {
        if (embeddings.to(float64).equal(golden.Embeddings.to(float64)).all().item<bool>())
        {
            return (golden.Loss, golden.Gradient);
        }

        var (loss, gradient) = new ClampLoss(golden.Options(ClampBackend.Composite)).LossAndGradient(embeddings.to(float64));
        return (loss.Value(), gradient);
    }

    private Tensor Clustered(long views, long images, long width) => ClusteredEmbeddings(views, images, width, dtype: dtype);

    private ClampLoss Criterion(ClampLossOptions options)
    {
        options.Backend = backend;
        var criterion = new ClampLoss(options);
        _criteria.Add(criterion);
        return criterion;
    }
}
