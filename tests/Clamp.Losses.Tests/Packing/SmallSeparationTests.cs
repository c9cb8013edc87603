using Clamp.Losses.Tests.Support;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Packing;

/// <summary>Images of which several nearly coincide, at separations that float32 centroids do not resolve.</summary>
public sealed class SmallSeparationTests : TorchTest
{
    [Theory]
    [InlineData(0.0, 0.25)]
    [InlineData(1e-6, 6.5)]
    [InlineData(3e-5, 3.1)]
    [InlineData(9.9e-5, 6.5)]
    public void Loss_BelowTheLeastOfFused_IsCompositesWhoeverIsAskedFor(double separation, double scale)
    {
        // Distances about the separation, where the fused kernels decide otherwise than float64: in batches like these E was up to a
        // quarter off.
        var embeddings = NearlyCoincident(Math.Max(separation, 3e-7)).to(float32);
        var options = new ClampLossOptions { RadiusScale = scale, MinSeparation = separation, LogEnergy = false };
        var expected = Loss(ClampBackend.Composite);

        foreach (var backend in new[] { ClampBackend.Auto, ClampBackend.Fused })
        {
            Loss(backend).Should().Be(expected);
        }

        (double Loss, ClampBackend? Backend) Loss(ClampBackend backend)
        {
            options.Backend = backend;
            using var criterion = new ClampLoss(options);
            return (criterion.forward(embeddings).Value(), criterion.LastBackend);
        }
    }

    [Fact]
    public void Loss_FromTheLeastOfFusedOn_IsFusedAndRight()
    {
        var embeddings = NearlyCoincident(PackingBackends.LeastFusedSeparation).to(float32);
        var options = new ClampLossOptions { RadiusScale = 6.5, MinSeparation = PackingBackends.LeastFusedSeparation, LogEnergy = false };
        using var fused = new ClampLoss(options);
        options.Backend = ClampBackend.Composite;
        using var composite = new ClampLoss(options);

        var loss = fused.forward(embeddings).Value();

        fused.LastBackend.Should().Be(ClampBackend.Fused);
        loss.DistanceTo(composite.forward(embeddings).Value()).Should().BeLessThan(1e-4, "of 1,500 random batches like this, 9e-5 was the worst");
    }

    private static Tensor NearlyCoincident(double distance)
    {
        var centres = RandomEmbeddings(1, 5, 4, seed: 1).repeat_interleave(8, dim: 1);
        return centres + 0.5 * distance * RandomEmbeddings(1, 40, 4, seed: 2) + distance * RandomEmbeddings(2, 40, 4, seed: 3);
    }
}
