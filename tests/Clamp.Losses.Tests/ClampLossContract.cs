using Clamp.Losses.Tests.Golden;
using Clamp.Losses.Tests.Support;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests;

/// <summary>What every backend must do; one subclass each.</summary>
public abstract class ClampLossContract(ClampBackend backend) : TorchTest
{
    public static TheoryData<string> GoldenNames => new(GoldenCase.Names);

    [Theory, MemberData(nameof(GoldenNames))]
    public void LossAndGradient_GoldenCaseInFloat64_MatchesReference(string name)
    {
        var golden = GoldenCase.Named(name);

        var (loss, gradient) = Criterion(golden).LossAndGradient(golden.Embeddings.to(float64));

        loss.Value().DistanceTo(golden.Loss).Should().BeLessThan(1e-9);
        gradient.RelativeDistanceTo(golden.Gradient).Should().BeLessThan(StorageTolerance(golden.Gradient));
    }

    [Theory, MemberData(nameof(GoldenNames))]
    public void LossAndGradient_GoldenCaseInFloat32_MatchesReference(string name)
    {
        var golden = GoldenCase.Named(name);
        var embeddings = golden.Embeddings.to(float32);
        var (expectedLoss, expectedGradient) = ReferenceOn(golden, embeddings);

        var (loss, gradient) = Criterion(golden).LossAndGradient(embeddings);

        loss.dtype.Should().Be(ScalarType.Float32);
        gradient.dtype.Should().Be(ScalarType.Float32);
        loss.Value().DistanceTo(expectedLoss).Should().BeLessThan(1e-5);
        gradient.RelativeDistanceTo(expectedGradient).Should().BeLessThan(name is "collapsed" or "coincident_pairs" ? 1e-4 : 1e-5);
    }

    [Fact]
    public void LossAndGradient_GoldenCaseInFloat16_MatchesReferenceToHalfPrecision()
    {
        var golden = GoldenCase.Named("half_inputs");

        var (loss, gradient) = Criterion(golden).LossAndGradient(golden.Embeddings);

        loss.dtype.Should().Be(ScalarType.Float32);
        gradient.dtype.Should().Be(ScalarType.Float16);
        loss.Value().DistanceTo(golden.Loss).Should().BeLessThan(1e-5);
        gradient.RelativeDistanceTo(golden.Gradient).Should().BeLessThan(5e-4, "float16 keeps 11 bits: the gradient is rounded once");
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

    [Fact]
    public void LossAndGradient_BFloat16_MatchesFloat64OnTheSameNumbers()
    {
        var embeddings = ClusteredEmbeddings(4, 20, 12, dtype: ScalarType.BFloat16);
        var criterion = Criterion(new ClampLossOptions { RadiusScale = 2.5 });
        var (expectedLoss, expectedGradient) = criterion.LossAndGradient(embeddings.to(float64));

        var (loss, gradient) = criterion.LossAndGradient(embeddings);

        gradient.dtype.Should().Be(ScalarType.BFloat16);
        loss.Value().DistanceTo(expectedLoss.Value()).Should().BeLessThan(1e-5);
        gradient.RelativeDistanceTo(expectedGradient).Should().BeLessThan(4e-3, "bfloat16 keeps 8 bits: the gradient is rounded once");
    }

    [Theory]
    [InlineData(-2.5)]
    [InlineData(1e3)]
    public void Backward_UpstreamGradient_ScalesTheGradient(double upstream)
    {
        var embeddings = ClusteredEmbeddings(3, 10, 6).requires_grad_();
        var criterion = Criterion(new ClampLossOptions { RadiusScale = 2.5 });
        var (_, gradient) = criterion.LossAndGradient(embeddings);

        (criterion.forward(embeddings) * upstream).backward();

        embeddings.grad!.RelativeDistanceTo(gradient * upstream).Should().BeLessThan(1e-14);
    }

    [Fact]
    public void Backward_EmbeddingsFromALayer_LeavesTheLayersGradientRight()
    {
        var input = ClusteredEmbeddings(3, 10, 6);
        var weight = RandomEmbeddings(1, 6, 5, seed: 3).squeeze(0).requires_grad_();
        var criterion = Criterion(new ClampLossOptions { RadiusScale = 2.5 });
        var (_, gradient) = criterion.LossAndGradient(input.matmul(weight));

        criterion.forward(input.matmul(weight)).backward();

        weight.grad!.RelativeDistanceTo(input.reshape(-1, 6).t().mm(gradient.reshape(-1, 5))).Should().BeLessThan(1e-12);
    }

    [Fact]
    public void Forward_FlattenedEmbeddings_EqualsViewMajor()
    {
        var embeddings = ClusteredEmbeddings(4, 8, 6);

        var flat = Criterion(new ClampLossOptions { Views = 4, RadiusScale = 2.5 }).LossAndGradient(embeddings.reshape(32, 6));

        var (loss, gradient) = Criterion(new ClampLossOptions { RadiusScale = 2.5 }).LossAndGradient(embeddings);
        flat.Loss.BitPattern().Should().Equal(loss.BitPattern());
        flat.Gradient.shape.Should().Equal(32, 6);
        flat.Gradient.BitPattern().Should().Equal(gradient.BitPattern());
    }

    [Fact]
    public void Forward_ListOfViews_EqualsStackedTensor()
    {
        var embeddings = ClusteredEmbeddings(3, 8, 6);
        var criterion = Criterion(new ClampLossOptions { RadiusScale = 2.5 });

        var loss = criterion.forward([embeddings[0], embeddings[1], embeddings[2]]);

        loss.BitPattern().Should().Equal(criterion.forward(embeddings).BitPattern());
    }

    [Fact]
    public void LossAndGradient_StridedEmbeddings_EqualsContiguous()
    {
        var imageMajor = ClusteredEmbeddings(4, 9, 10).transpose(0, 1).contiguous();
        var strided = imageMajor.transpose(0, 1).slice(2, 1, 10, 2);
        strided.is_contiguous().Should().BeFalse();
        var criterion = Criterion(new ClampLossOptions { RadiusScale = 2.5 });

        var (loss, gradient) = criterion.LossAndGradient(strided);

        var (expectedLoss, expectedGradient) = criterion.LossAndGradient(strided.contiguous());
        loss.Value().DistanceTo(expectedLoss.Value()).Should().BeLessThan(1e-14);
        gradient.RelativeDistanceTo(expectedGradient).Should().BeLessThan(1e-13);
    }

    [Theory]
    [InlineData(ScalarType.Float64)]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float16)]
    public void ForwardAndBackward_NeverModifyTheEmbeddings(ScalarType dtype)
    {
        var embeddings = ClusteredEmbeddings(3, 10, 6, dtype: dtype).requires_grad_();
        var before = embeddings.detach().BitPattern();
        var criterion = Criterion(new ClampLossOptions { RadiusScale = 2.5 });

        criterion.forward(embeddings).backward();
        criterion.LossAndGradient(embeddings);
        criterion.Measure(embeddings).Dispose();

        embeddings.detach().BitPattern().Should().Equal(before);
    }

    [Theory]
    [InlineData(ScalarType.Float64)]
    [InlineData(ScalarType.Float32)]
    public void LossAndGradient_CalledTwice_RepeatsBitForBit(ScalarType dtype)
    {
        var embeddings = ClusteredEmbeddings(5, 70, 33, dtype: dtype);
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

        var loss = Criterion(new ClampLossOptions { RadiusScale = 2.5 }).forward(ClusteredEmbeddings(3, 5, 4).requires_grad_());

        loss.requires_grad.Should().BeFalse();
    }

    [Fact]
    public void LossAndGradient_InsideNoGrad_StillGivesTheGradient()
    {
        var embeddings = ClusteredEmbeddings(3, 5, 4);
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
        var embeddings = ClusteredEmbeddings(3, 5, 4).requires_grad_();

        Criterion(new ClampLossOptions { RadiusScale = 2.5 }).LossAndGradient(embeddings);

        embeddings.grad.Should().BeNull();
    }

    public static TheoryData<string, ScalarType> DegenerateBatches
    {
        get
        {
            var batches = new TheoryData<string, ScalarType>();
            foreach (var dtype in new[] { ScalarType.Float64, ScalarType.Float32, ScalarType.BFloat16 })
            {
                foreach (var kind in new[] { "all equal", "all zero", "views equal", "1e30", "1e-30", "two points", "one width" })
                {
                    batches.Add(kind, dtype);
                }
            }

            return batches;
        }
    }

    [Theory, MemberData(nameof(DegenerateBatches))]
    public void LossAndGradient_DegenerateBatch_IsFinite(string kind, ScalarType dtype)
    {
        var embeddings = Degenerate(kind).to(dtype);
        foreach (var options in new ClampLossOptions[] { new(), new() { SizeWeight = 1, MinSeparation = 0, PotentialExponent = 1.5 } })
        {
            var (loss, gradient) = Criterion(options).LossAndGradient(embeddings);

            double.IsFinite(loss.Value()).Should().BeTrue();
            gradient.isfinite().all().item<bool>().Should().BeTrue();
        }
    }

    [Theory]
    [InlineData(1e30)]
    [InlineData(1e-8)]
    public void LossAndGradient_ExtremeScaleInFloat32_KeepsTheLoss(double scale)
    {
        var embeddings = ClusteredEmbeddings(4, 12, 8, dtype: ScalarType.Float32);
        var criterion = Criterion(new ClampLossOptions { RadiusScale = 2.5 });

        var scaled = criterion.forward(embeddings * scale);

        scaled.Value().Should().BeApproximately(criterion.forward(embeddings).Value(), 1e-4, "scaling rounds the float32 embeddings");
    }

    public static TheoryData<double, ScalarType> NotNumbers => new()
    {
        { double.NaN, ScalarType.Float32 },
        { double.PositiveInfinity, ScalarType.Float32 },
        { double.NegativeInfinity, ScalarType.Float64 },
        { double.NaN, ScalarType.Float16 },
        { 1e200, ScalarType.Float64 },
    };

    [Theory, MemberData(nameof(NotNumbers))]
    public void Forward_OneValueThatIsNoNumberOrOverflows_GivesNaN(double value, ScalarType dtype)
    {
        var embeddings = ClusteredEmbeddings(3, 6, 4, dtype: dtype);
        embeddings[1, 2, 3] = tensor(value, dtype: dtype);

        foreach (var options in new ClampLossOptions[] { new(), new() { RepulsionWeight = 0, SizeWeight = 1 }, new() { LogEnergy = false } })
        {
            double.IsNaN(Criterion(options).forward(embeddings).Value()).Should().BeTrue();
        }
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

    /// <summary>The golden numbers hold for the stored embeddings alone; where float32 rounds those, Composite float64 stands in.</summary>
    private static (double Loss, Tensor Gradient) ReferenceOn(GoldenCase golden, Tensor embeddings)
    {
        if (golden.Embeddings.dtype != ScalarType.Float64)
        {
            return (golden.Loss, golden.Gradient);
        }

        var (loss, gradient) = new ClampLoss(golden.Options(ClampBackend.Composite)).LossAndGradient(embeddings.to(float64));
        return (loss.Value(), gradient);
    }

    private ClampLoss Criterion(GoldenCase golden) => new(golden.Options(backend));

    private ClampLoss Criterion(ClampLossOptions options)
    {
        options.Backend = backend;
        return new ClampLoss(options);
    }
}
