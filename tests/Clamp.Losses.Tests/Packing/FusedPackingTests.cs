using Clamp.Losses.Tests.Support;
using CsCheck;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Packing;

/// <summary>The fused loss and gradient against Composite in float64 on the same float32 numbers.</summary>
public sealed class FusedPackingTests : TorchTest
{
    private const double Tolerance = 1e-5;

    // An overlap u = 1 - d/s is known to a few 1e-7, so its power to alpha times that over u; below alpha = 2, where the force of
    // a grazing contact grows like a root, to ten times as much.
    private const double OverlapRounding = 1e-6;

    private static readonly Gen<Case> Cases =
        from views in Gen.Int[2, 33]
        from images in Gen.Frequency((8, Gen.Int[2, 70]), (1, Gen.OneOfConst(511, 513)))
        from width in Gen.Frequency((8, Gen.Int[2, 70]), (1, Gen.OneOfConst(511, 513)))
        from noise in Gen.Double[0.05, 1.0]
        from offset in Gen.OneOfConst(0.0, 100.0)
        from exponent in Gen.OneOfConst(1.5, 2.0, 2.5, 3.0)
        from repulsion in Gen.OneOfConst(0.0, 1.0, 0.3)
        from size in Gen.OneOfConst(0.01, 0.0)
        from minSeparation in Gen.OneOfConst(1e-3, 0.3)
        from maxContactDistance in Gen.OneOfConst(0.8, 1.5, 3.0)
        from logEnergy in Gen.Bool
        from seed in Gen.Int[0, 1_000_000]
        select new Case(views, images, width, noise, offset, seed, new ClampLossOptions
        {
            RadiusScale = 2.5,
            PotentialExponent = exponent,
            RepulsionWeight = repulsion,
            SizeWeight = repulsion == 0 ? 1 : size,
            MinSeparation = minSeparation,
            MaxContactDistance = maxContactDistance,
            LogEnergy = logEnergy,
        });

    [Fact]
    public void LossAndGradient_RandomShapesAndOptions_MatchComposite() =>
        Cases.Sample(sample =>
        {
            using var scope = NewDisposeScope();
            if (HasPairWhereRoundingDecides(sample.Embeddings(), sample.Options))
            {
                return;
            }

            var (lossError, gradientError) = Errors(sample.Embeddings(), sample.Options);
            var tolerance = Math.Max(Tolerance, sample.PowerRounding());
            lossError.Should().BeLessThan(tolerance);
            gradientError.Should().BeLessThan(sample.Options.PotentialExponent < 2 ? 10 * tolerance : tolerance);
        }, iter: 150, threads: 1, print: sample => sample.ToString());

    [Theory]
    [InlineData(2, 2, 2)]
    [InlineData(2, 257, 3)]
    [InlineData(3, 600, 17)]
    [InlineData(2, 2300, 8)]
    public void LossAndGradient_EdgesOfBlocks_MatchComposite(int views, int images, int width)
    {
        var embeddings = ClusteredEmbeddings(views, images, width, noise: 0.3, dtype: ScalarType.Float32);

        var (lossError, gradientError) = Errors(embeddings, new ClampLossOptions { RadiusScale = 1, MinSeparation = 1e-4 });

        lossError.Should().BeLessThan(Tolerance);
        gradientError.Should().BeLessThan(Tolerance);
    }

    [Fact]
    public void LossAndGradient_OneDimension_HaveNoGradientBeyondRounding() =>
        (from views in Gen.Int[2, 6] from images in Gen.Int[2, 60] from seed in Gen.Int[0, 1_000_000] select (views, images, seed))
        .Sample(sample =>
        {
            using var scope = NewDisposeScope();
            var embeddings = RandomEmbeddings(sample.views, sample.images, 1, ScalarType.Float32, sample.seed);

            var (loss, gradient) = new ClampLoss().LossAndGradient(embeddings);

            // Every point is +1 or -1 and cannot move: what remains is rounding, which the distance of an embedding from the mean divides.
            var precise = embeddings.to(ScalarType.Float64);
            var nearest = (precise - precise.mean()).abs().min().Value();
            double.IsFinite(loss.Value()).Should().BeTrue();
            (gradient.abs().max().Value() * nearest).Should().BeLessThan(5e-6, "the worst of 9,000 random batches had 5e-7");
        }, iter: 100, threads: 1);

    [Fact]
    public void LossAndGradient_CollapsedBatches_StayWithinTheirBound() =>
        (from kind in Gen.OneOfConst("clusters", "pairs", "all", "rounding alone")
         from images in Gen.Int[4, 60]
         from width in Gen.Int[2, 60]
         from exponent in Gen.OneOfConst(1.5, 2.0, 3.0)
         from noise in Gen.Double[-6, -2]
         from views in Gen.Double[-6, -2]
         from seed in Gen.Int[0, 1_000_000]
         select (kind, images, width, exponent, noise, views, seed))
        .Sample(sample =>
        {
            using var scope = NewDisposeScope();
            var embeddings = Collapsed(sample.kind, sample.images, sample.width, Math.Pow(10, sample.noise), Math.Pow(10, sample.views), sample.seed);
            var options = new ClampLossOptions { PotentialExponent = sample.exponent };
            if (HasPairWhereRoundingDecides(embeddings, options))
            {
                return;
            }

            var (lossError, gradientError) = Errors(embeddings, options);

            // Centroids are float32: a distance as small as d_min = 1e-3 is known to some 1e-4 of it.
            lossError.Should().BeLessThan(1e-3);
            gradientError.Should().BeLessThan(1e-3);
        }, iter: 150, threads: 1);

    [Theory]
    [InlineData(0.01, 3.0)]
    [InlineData(0.03, 3.0)]
    [InlineData(0.1, 3.0)]
    [InlineData(0.1, 0.3)]
    [InlineData(0.01, 0.0)]
    public void LossAndGradient_CloseCentroidsAndTightViews_MatchComposite(double noise, double clusters)
    {
        var centres = RandomEmbeddings(1, 5, 256, seed: 1).repeat(1, 60, 1);
        var embeddings = ((clusters * centres) + (3 * noise * RandomEmbeddings(1, 300, 256, seed: 2))
            + (noise * RandomEmbeddings(4, 300, 256, seed: 3))).to(float32);

        var (lossError, gradientError) = Errors(embeddings, new ClampLossOptions());

        lossError.Should().BeLessThan(Tolerance);
        gradientError.Should().BeLessThan(Tolerance);
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    public void Auto_OnTheCpu_RunsFused(ScalarType dtype)
    {
        var criterion = new ClampLoss();
        criterion.LastBackend.Should().BeNull();

        criterion.forward(ClusteredEmbeddings(3, 6, 4, dtype: dtype));

        criterion.LastBackend.Should().Be(ClampBackend.Fused);
    }

    [Theory]
    [InlineData(ClampBackend.Auto, ScalarType.Float64)]
    [InlineData(ClampBackend.Fused, ScalarType.Float64)]
    [InlineData(ClampBackend.Composite, ScalarType.Float32)]
    public void Float64OrAskedFor_RunsComposite(ClampBackend backend, ScalarType dtype)
    {
        var criterion = new ClampLoss(new ClampLossOptions { Backend = backend });

        criterion.LossAndGradient(ClusteredEmbeddings(3, 6, 4, dtype: dtype));

        criterion.LastBackend.Should().Be(ClampBackend.Composite);
    }

    [Theory]
    [InlineData(0, 1, 2)]
    [InlineData(1, 0, 2)]
    [InlineData(2, 1, 0)]
    public void LossAndGradient_StridedFloat32_EqualsContiguous(int first, int second, int third)
    {
        var contiguous = ClusteredEmbeddings(4, 9, 10, dtype: ScalarType.Float32);
        var strided = contiguous.permute(first, second, third).contiguous().permute(Inverse(first, second, third));
        var criterion = new ClampLoss(new ClampLossOptions { RadiusScale = 2.5 });
        var expected = criterion.LossAndGradient(contiguous);

        var (loss, gradient) = criterion.LossAndGradient(strided);

        loss.BitPattern().Should().Equal(expected.Loss.BitPattern());
        gradient.BitPattern().Should().Equal(expected.Gradient.BitPattern());
    }

    [Fact]
    public void LossAndGradient_SliceOfALargerTensor_ReadsItsOwnPart()
    {
        var whole = ClusteredEmbeddings(5, 20, 12, dtype: ScalarType.Float32);
        var slice = whole[TensorIndex.Slice(1, 4), TensorIndex.Slice(3, 17), TensorIndex.Slice(2, 9)];
        var criterion = new ClampLoss(new ClampLossOptions { RadiusScale = 2.5 });

        var (loss, gradient) = criterion.LossAndGradient(slice);

        var expected = criterion.LossAndGradient(slice.contiguous());
        loss.BitPattern().Should().Equal(expected.Loss.BitPattern());
        gradient.BitPattern().Should().Equal(expected.Gradient.BitPattern());
    }

    /// <summary>Embeddings that nearly coincide, within an image, in pairs of images, in two clusters or all of them.</summary>
    private static Tensor Collapsed(string kind, int images, int width, double noise, double viewNoise, int seed)
    {
        var own = noise * RandomEmbeddings(1, 2 * images, width, seed: seed + 1);
        var views = viewNoise * RandomEmbeddings(4, 2 * images, width, seed: seed + 2);
        return (kind switch
        {
            "clusters" => RandomEmbeddings(1, 2, width, seed: seed).repeat_interleave(images, dim: 1) + own + views,
            "pairs" => RandomEmbeddings(1, images, width, seed: seed).repeat(1, 2, 1) + own + views,
            "all" => RandomEmbeddings(1, 1, width, seed: seed) + own + views,
            _ => 0.3 + (6e-8 * RandomEmbeddings(4, images, width, seed: seed)),
        }).to(float32);
    }

    private static long[] Inverse(params int[] permutation)
    {
        var inverse = new long[permutation.Length];
        for (int place = 0; place < permutation.Length; place++)
        {
            inverse[permutation[place]] = place;
        }

        return inverse;
    }

    private static (double Loss, double Gradient) Errors(Tensor embeddings, ClampLossOptions options)
    {
        var expected = new ClampLoss(With(options, ClampBackend.Composite)).LossAndGradient(embeddings.to(float64));
        var (loss, gradient) = new ClampLoss(With(options, ClampBackend.Fused)).LossAndGradient(embeddings);
        return (loss.Value().DistanceTo(expected.Loss.Value()), gradient.RelativeDistanceTo(expected.Gradient));
    }

    // The force jumps from 0 to its largest at d_min, and radii no longer count where their sum reaches d_max: rounding decides about a pair
    // that is there to float32's accuracy.
    private static bool HasPairWhereRoundingDecides(Tensor embeddings, ClampLossOptions options)
    {
        using var geometry = new ClampLoss(options).Measure(embeddings.to(float64));
        var distances = (geometry.Centroids.unsqueeze(0) - geometry.Centroids.unsqueeze(1)).norm(2);
        var reaches = geometry.Radii.unsqueeze(0) + geometry.Radii.unsqueeze(1);
        return ((distances - options.MinSeparation).abs() < 1e-6).any().item<bool>()
            || ((reaches - options.MaxContactDistance).abs() < 4e-6).any().item<bool>();
    }

    private static ClampLossOptions With(ClampLossOptions options, ClampBackend backend)
    {
        options.Backend = backend;
        return options;
    }

    private sealed record Case(
        int Views, int Images, int Width, double Noise, double Offset, int Seed, ClampLossOptions Options)
    {
        public Tensor Embeddings() =>
            (ClusteredEmbeddings(Views, Images, Width, Noise, seed: Seed) + Offset).to(float32);

        public double PowerRounding()
        {
            using var geometry = new ClampLoss(Options).Measure(Embeddings());
            return geometry.MeanOverlap == 0 ? 0 : Options.PotentialExponent * OverlapRounding / geometry.MeanOverlap;
        }

        public override string ToString() =>
            $"V {Views}, B {Images}, D {Width}, noise {Noise}, offset {Offset}, seed {Seed}, alpha {Options.PotentialExponent}, "
            + $"w {Options.RepulsionWeight} {Options.SizeWeight}, d {Options.MinSeparation} {Options.MaxContactDistance}, {Options.LogEnergy}";
    }
}
