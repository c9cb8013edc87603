using Clamp.Losses.Tests.Support;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests;

/// <summary>The gradient against central finite differences in float64, on shapes small enough to perturb every number.</summary>
public sealed class ClampLossGradientTests : TorchTest
{
    private const double Step = 1e-6;

    public static TheoryData<string, ClampLossOptions> Options => new()
    {
        { "defaults", new() { RadiusScale = 2.5 } },
        { "exponent 1.5", new() { RadiusScale = 2.5, PotentialExponent = 1.5 } },
        { "exponent 2.5", new() { RadiusScale = 2.5, PotentialExponent = 2.5 } },
        { "exponent 3", new() { RadiusScale = 2.5, PotentialExponent = 3 } },
        { "weights", new() { RadiusScale = 2.5, RepulsionWeight = 0.5, SizeWeight = 0.1 } },
        { "size alone", new() { RepulsionWeight = 0, SizeWeight = 2 } },
        { "capped reach", new() { RadiusScale = 4, MaxContactDistance = 1.0 } },
        { "far cut off", new() { RadiusScale = 2.5, MinSeparation = 0.5 } },
        { "energy", new() { RadiusScale = 2.5, LogEnergy = false } },
    };

    [Theory, MemberData(nameof(Options))]
    public void Gradient_MatchesFiniteDifferences(string name, ClampLossOptions options)
    {
        var criterion = new ClampLoss(options, name: name);
        var embeddings = ClusteredEmbeddings(3, 5, 4);
        var expected = zeros_like(embeddings);
        for (long i = 0; i < embeddings.numel(); i++)
        {
            expected.view(-1)[i] = (LossAt(criterion, embeddings, i, +Step) - LossAt(criterion, embeddings, i, -Step)) / (2 * Step);
        }

        var (_, gradient) = criterion.LossAndGradient(embeddings);

        expected.norm().Value().Should().BeGreaterThan(0.01, "a vanishing gradient would prove nothing");
        gradient.RelativeDistanceTo(expected).Should().BeLessThan(1e-7, "the differences are good to about step^2 + 1e-16/step");
    }

    [Fact]
    public void CompositeGradient_IsDifferentiableAgain()
    {
        var criterion = new ClampLoss(new ClampLossOptions { RadiusScale = 2.5, Backend = ClampBackend.Composite });
        var embeddings = ClusteredEmbeddings(3, 5, 4).requires_grad_();
        var direction = RandomEmbeddings(3, 5, 4, seed: 11);
        var expected = (criterion.LossAndGradient(embeddings + Step * direction).Gradient
            - criterion.LossAndGradient(embeddings - Step * direction).Gradient) / (2 * Step);

        var gradient = autograd.grad([criterion.forward(embeddings)], [embeddings], retain_graph: true, create_graph: true)[0];
        var hessianTimesDirection = autograd.grad([(gradient * direction).sum()], [embeddings])[0];

        hessianTimesDirection.RelativeDistanceTo(expected.detach()).Should().BeLessThan(1e-6);
    }

    private static double LossAt(ClampLoss criterion, Tensor embeddings, long index, double shift)
    {
        var shifted = embeddings.clone();
        shifted.view(-1)[index] += shift;
        return criterion.forward(shifted).Value();
    }
}
