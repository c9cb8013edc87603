using Clamp.Losses.Tests.Golden;
using Clamp.Losses.Tests.Support;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Packing.Cuda;

/// <summary>Fused on a GPU: against the golden numbers, and against Composite on the same device.</summary>
[Trait("Category", "Gpu")]
public sealed class GpuTests : TorchTest
{
    private const double Tolerance = 1e-5;

    // Asking loads libraries, and says so on the console when they are not there.
    private static readonly Lazy<bool> GpuIsThere = new(() => cuda_is_available());

    public GpuTests() => Skip.IfNot(GpuIsThere.Value, "There is no GPU, or libtorch is a CPU build.");

    public static TheoryData<string> GoldenNames => new(GoldenCase.Names);

    [SkippableTheory]
    [MemberData(nameof(GoldenNames))]
    public void LossAndGradient_GoldenCase_MatchesComposite(string name)
    {
        var golden = GoldenCase.Named(name);

        // Where embeddings or pairs of them nearly coincide, float32 holds fewer digits of their differences.
        var tolerance = name is "collapsed" or "coincident_pairs" ? 1e-4 : Tolerance;
        ShouldMatchComposite(golden.Embeddings.to(float32).cuda(), tolerance, golden.Options(ClampBackend.Composite));
    }

    [SkippableTheory]
    [InlineData(2, 2, 1)]
    [InlineData(2, 2, 2)]
    [InlineData(3, 65, 17)]
    [InlineData(5, 257, 130)]
    [InlineData(16, 128, 256)]
    [InlineData(4, 513, 512)]
    [InlineData(2, 2300, 8)]
    [InlineData(2, 9000, 5)]
    public void LossAndGradient_AnyShape_MatchesComposite(int views, int images, int width) =>
        ShouldMatchComposite(ClusteredEmbeddings(views, images, width, 0.3, ScalarType.Float32).cuda(), Tolerance);

    [SkippableTheory]
    [InlineData(ScalarType.Float16, 1e-3)]
    [InlineData(ScalarType.BFloat16, 1e-2)]
    public void LossAndGradient_SixteenBits_MatchComposite(ScalarType dtype, double rounding) =>
        ShouldMatchComposite(ClusteredEmbeddings(4, 300, 65, 0.3, dtype).cuda(), rounding);

    [SkippableFact]
    public void LossAndGradient_SliceOfALargerTensor_MatchesComposite()
    {
        var whole = ClusteredEmbeddings(5, 90, 40, dtype: ScalarType.Float32).cuda();

        ShouldMatchComposite(whole[TensorIndex.Slice(1, 4), TensorIndex.Slice(3, 77), TensorIndex.Slice(2, 33)], Tolerance);
    }

    [SkippableTheory]
    [InlineData(0, 2, 1)]
    [InlineData(2, 1, 0)]
    public void LossAndGradient_Permuted_MatchesComposite(int first, int second, int third)
    {
        var embeddings = ClusteredEmbeddings(20, 24, 22, dtype: ScalarType.Float32).cuda();

        ShouldMatchComposite(embeddings.permute(first, second, third), Tolerance);
    }

    [SkippableFact]
    public void LossAndGradient_Repeated_GivesTheSameBits()
    {
        var embeddings = ClusteredEmbeddings(4, 600, 65, dtype: ScalarType.Float32).cuda();
        var criterion = Fused(new ClampLossOptions { RadiusScale = 2.5 });

        var gradients = Enumerable.Range(0, 3).Select(_ => criterion.LossAndGradient(embeddings).Gradient.cpu().BitPattern()).ToList();

        gradients.Should().AllSatisfy(bits => bits.Should().Equal(gradients[0]));
    }

    [SkippableTheory]
    [InlineData(-2.5)]
    [InlineData(1e3)]
    public void Backward_ScaledLoss_GivesTheScaledGradient(double upstream)
    {
        var embeddings = ClusteredEmbeddings(4, 30, 20, dtype: ScalarType.Float32).cuda().requires_grad_();
        var criterion = Fused(new ClampLossOptions { RadiusScale = 2.5 });
        var (_, gradient) = criterion.LossAndGradient(embeddings);

        (criterion.forward(embeddings) * upstream).backward();

        embeddings.grad!.RelativeDistanceTo(gradient * upstream).Should().BeLessThan(1e-6);
    }

    [SkippableFact]
    public void Training_TenSteps_FollowsComposite()
    {
        var start = ClusteredEmbeddings(4, 64, 32, 0.6, ScalarType.Float32).cuda();

        var fused = Trained(start, ClampBackend.Fused);
        var composite = Trained(start, ClampBackend.Composite);

        // Ten steps may multiply the difference of the first.
        fused.RelativeDistanceTo(composite).Should().BeLessThan(1e-4);
    }

    [SkippableFact]
    public void Auto_OnAGpu_RunsFused()
    {
        using var criterion = new ClampLoss();

        criterion.forward(ClusteredEmbeddings(3, 6, 4, dtype: ScalarType.Float32).cuda());

        criterion.LastBackend.Should().Be(ClampBackend.Fused);
    }

    [SkippableFact]
    public void LossAndGradient_EachDevice_ComputesItsOwn()
    {
        Skip.If(cuda.device_count() < 2, "There is one GPU.");
        var embeddings = ClusteredEmbeddings(4, 30, 20, dtype: ScalarType.Float32);
        var criterion = Fused(new ClampLossOptions { RadiusScale = 2.5 });

        var first = criterion.LossAndGradient(embeddings.to(DeviceType.CUDA, 0)).Gradient.cpu();
        var second = criterion.LossAndGradient(embeddings.to(DeviceType.CUDA, 1)).Gradient.cpu();

        second.RelativeDistanceTo(first).Should().BeLessThan(Tolerance);
    }

    private static ClampLoss Fused(ClampLossOptions options)
    {
        options.Backend = ClampBackend.Fused;
        return new ClampLoss(options);
    }

    private static void ShouldMatchComposite(Tensor embeddings, double tolerance) => ShouldMatchComposite(
        embeddings,
        tolerance,
        new ClampLossOptions { RadiusScale = 1, MinSeparation = 1e-4, SizeWeight = 0.01, Backend = ClampBackend.Composite });

    private static void ShouldMatchComposite(Tensor embeddings, double tolerance, ClampLossOptions options)
    {
        var expected = new ClampLoss(options).LossAndGradient(embeddings.to(float64));

        var criterion = Fused(options);
        var (loss, gradient) = criterion.LossAndGradient(embeddings);

        criterion.LastBackend.Should().Be(ClampBackend.Fused);
        gradient.dtype.Should().Be(embeddings.dtype);
        loss.Value().DistanceTo(expected.Loss.Value()).Should().BeLessThan(Tolerance);
        gradient.RelativeDistanceTo(expected.Gradient).Should().BeLessThan(tolerance);
    }

    private static Tensor Trained(Tensor start, ClampBackend backend)
    {
        var embeddings = start.clone().requires_grad_();
        using var criterion = new ClampLoss(new ClampLossOptions { RadiusScale = 2.5, Backend = backend });
        for (int step = 0; step < 10; step++)
        {
            var gradient = autograd.grad([criterion.forward(embeddings)], [embeddings])[0];
            using var unrecorded = no_grad();
            embeddings.sub_(gradient * 0.1);
        }

        return embeddings.detach();
    }
}
