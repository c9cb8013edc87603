using Clamp.Losses.GpuCheck;
using Clamp.Losses.Tests.Golden;
using Clamp.Losses.Tests.Support;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.GpuCheck;

/// <summary>The float64 numbers that a GPU is checked against, against the paper's reference implementation.</summary>
public sealed class ExactPackingTests : TorchTest
{
    public static TheoryData<string> GoldenCases => [.. GoldenCase.Names];

    [Theory, MemberData(nameof(GoldenCases))]
    public void GoldenCase_IsReproduced(string name)
    {
        var golden = GoldenCase.Named(name);
        var embeddings = golden.Embeddings.to(float64).contiguous();
        var shape = ((int)embeddings.shape[0], (int)embeddings.shape[1], (int)embeddings.shape[2]);

        var (loss, gradient) = ExactPacking.Of(embeddings.data<double>().ToArray(), shape, golden.Options(ClampBackend.Auto));

        // Both are float64 throughout; the sums differ in their order. Gradients of float32 embeddings are kept in float32.
        loss.DistanceTo(golden.Loss).Should().BeLessThan(1e-9);
        tensor(gradient).view(embeddings.shape).RelativeDistanceTo(golden.Gradient).Should()
            .BeLessThan(golden.Gradient.dtype == ScalarType.Float64 ? 1e-9 : 1e-7);
    }

    [Fact]
    public void EnergyWithoutLogarithm_MatchesComposite()
    {
        var embeddings = ClusteredEmbeddings(3, 20, 7);
        var options = new ClampLossOptions { RadiusScale = 2.5, SizeWeight = 0.1, LogEnergy = false, Backend = ClampBackend.Composite };
        var expected = new ClampLoss(options).LossAndGradient(embeddings);

        var (loss, gradient) = ExactPacking.Of(embeddings.data<double>().ToArray(), (3, 20, 7), options);

        loss.DistanceTo(expected.Loss.Value()).Should().BeLessThan(1e-6, "Composite's loss is rounded to float32");
        tensor(gradient).view(3, 20, 7).RelativeDistanceTo(expected.Gradient).Should().BeLessThan(1e-9);
    }
}
