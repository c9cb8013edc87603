using Clamp.Losses.Tests.Support;
using CsCheck;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests;

/// <summary>Whatever options are accepted, up to the ends of their ranges, the float32 kernels give what float64 gives.</summary>
public sealed class ClampLossOptionsRangeTests : TorchTest
{
    // What float32 leaves uncertain of a distance of two centroids, with room for a batch of many.
    private const double DistanceRounding = 5e-7;

    private static readonly Gen<double> Lengths = Range(ClampLossOptionsValidator.LeastScale, ClampLossOptionsValidator.LargestScale);

    private static readonly Gen<double> Weights = Range(ClampLossOptionsValidator.LeastWeight, ClampLossOptionsValidator.LargestWeight);

    private static readonly Gen<Case> Cases =
        from radiusScale in Lengths
        from exponent in Range(ClampLossOptionsValidator.LeastExponent, ClampLossOptionsValidator.LargestExponent)
        from repulsion in Gen.Frequency((1, Gen.Const(0.0)), (4, Weights))
        from size in repulsion == 0 ? Weights : Gen.Frequency((1, Gen.Const(0.0)), (1, Weights))
        from reach in Lengths
        from separation in Gen.Frequency((1, Gen.Const(0.0)), (2, Range(1e-3, 0.999 * reach)))
        from logEnergy in Gen.Bool
        from kind in Gen.Enum<Kind>()
        from shape in Gen.Select(Gen.Int[2, 5], Gen.Int[2, 40], Gen.Int[2, 20])
        from seed in Gen.Int[0, 1_000_000]
        select new Case(kind, shape, seed, new ClampLossOptions
        {
            RadiusScale = radiusScale,
            PotentialExponent = exponent,
            RepulsionWeight = repulsion,
            SizeWeight = size,
            MinSeparation = separation,
            MaxContactDistance = reach,
            LogEnergy = logEnergy,
        });

    private enum Kind
    {
        Clustered,
        NearlyEqualViews,
        UnrelatedViews,
        FarFromOrigin,
        Tiny,
        Huge,
        TwoHeaps,
    }

    [Fact]
    public void Fused_WithAnyAcceptedOptions_MatchesComposite() =>
        Cases.Sample(sample =>
        {
            using var scope = NewDisposeScope();
            var embeddings = sample.Embeddings();
            using var composite = sample.Criterion(ClampBackend.Composite);
            using var fused = sample.Criterion(ClampBackend.Fused);
            var (expectedLoss, expectedGradient) = composite.LossAndGradient(embeddings.to(float64));
            using var geometry = composite.Measure(embeddings.to(float64));

            var (loss, gradient) = fused.LossAndGradient(embeddings);

            var (tolerance, onEdge) = Expectation(geometry, sample.Options);
            double.IsFinite(loss.Value()).Should().BeTrue();
            gradient.isfinite().all().item<bool>().Should().BeTrue();
            if (!onEdge)
            {
                var scale = Math.Max(sample.Options.LogEnergy ? 1 : 0, Math.Abs(expectedLoss.Value()));
                Math.Abs(loss.Value() - expectedLoss.Value()).Should().BeLessThanOrEqualTo(tolerance * scale);
                gradient.RelativeDistanceTo(expectedGradient).Should().BeLessThan(tolerance);
            }
        }, iter: 300, threads: 1, print: sample => sample.ToString());

    /// <summary>
    /// 1e-5, and more where the pair that overlaps least or lies closest is known badly: an error e of its distance d is one of
    /// alpha e / (s - d) in its energy, and of e / d in the direction of its force. A pair on an edge may fall on either side.
    /// </summary>
    private static (double Tolerance, bool OnEdge) Expectation(SubManifoldGeometry geometry, ClampLossOptions options)
    {
        var pairs = ones_like(geometry.Centroids.mm(geometry.Centroids.t())).triu(1).to(ScalarType.Bool);
        var differences = geometry.Centroids.unsqueeze(1) - geometry.Centroids.unsqueeze(0);
        var distances = (differences.square().sum(-1) + 1e-12).sqrt().masked_select(pairs);
        var reaches = (geometry.Radii.unsqueeze(1) + geometry.Radii.unsqueeze(0) + 1e-6)
            .clamp_max(options.MaxContactDistance)
            .masked_select(pairs);
        var onEdge = ((distances - options.MinSeparation).abs() < 1e-5).logical_or((distances / reaches - 1).abs() < 1e-5);
        var touching = (distances > options.MinSeparation).logical_and(distances < reaches);
        var uncertainty = (options.PotentialExponent / (reaches - distances) + 1 / distances).masked_fill(touching.logical_not(), 0);
        return (1e-5 + DistanceRounding * uncertainty.max().Value(), onEdge.any().item<bool>());
    }

    /// <summary>The ends often, and all orders of magnitude between them alike.</summary>
    private static Gen<double> Range(double least, double largest) =>
        Gen.Frequency(
            (1, Gen.OneOfConst(least, largest)),
            (2, Gen.Double[Math.Log(least), Math.Log(largest)].Select(logarithm => Math.Clamp(Math.Exp(logarithm), least, largest))));

    private sealed record Case(Kind Kind, (int Views, int Images, int Width) Shape, int Seed, ClampLossOptions Options)
    {
        public ClampLoss Criterion(ClampBackend backend)
        {
            Options.Backend = backend;
            return new ClampLoss(Options);
        }

        public Tensor Embeddings() => Kind switch
        {
            Kind.Clustered => Clustered(noise: 0.6),
            Kind.NearlyEqualViews => Clustered(noise: 0.01),
            Kind.UnrelatedViews => RandomEmbeddings(Shape.Views, Shape.Images, Shape.Width, ScalarType.Float32, Seed),
            Kind.FarFromOrigin => Clustered(noise: 0.6) + 10,
            Kind.Tiny => Clustered(noise: 0.6) * 1e-6,
            Kind.Huge => Clustered(noise: 0.6) * 1e6,
            Kind.TwoHeaps => TwoHeaps(),
            _ => throw new InvalidOperationException($"{Kind} is no kind of batch."),
        };

        public override string ToString() =>
            FormattableString.Invariant($"{Kind}, V {Shape.Views}, B {Shape.Images}, D {Shape.Width}, seed {Seed}, r_s {Options.RadiusScale}, ")
            + FormattableString.Invariant($"alpha {Options.PotentialExponent}, w {Options.RepulsionWeight} {Options.SizeWeight}, ")
            + FormattableString.Invariant($"d {Options.MinSeparation} {Options.MaxContactDistance}, log {Options.LogEnergy}");

        private Tensor Clustered(double noise) =>
            ClusteredEmbeddings(Shape.Views, Shape.Images, Shape.Width, noise, ScalarType.Float32, Seed);

        /// <summary>Images of two kinds, of which those of one kind lie close together.</summary>
        private Tensor TwoHeaps()
        {
            var sides = (arange(Shape.Images, dtype: float64) % 2 * 2 - 1).view(1, -1, 1);
            return (sides * RandomEmbeddings(1, 1, Shape.Width, seed: Seed) + 0.03 * Clustered(noise: 1)).to(float32);
        }
    }
}
