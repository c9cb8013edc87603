using System.Globalization;
using Clamp.Losses.Geometry;
using Clamp.Losses.Tests.Golden;
using Clamp.Losses.Tests.Support;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Geometry;

public sealed class SubManifoldGeometryTests : TorchTest
{
    public static TheoryData<string> GoldenNames => new(GoldenCase.Names);

    [Theory, MemberData(nameof(GoldenNames))]
    public void Measure_GoldenCase_HasTheReferencesCentroidsRadiiAndContacts(string name)
    {
        var golden = GoldenCase.Named(name);

        using var geometry = Measure(golden.Embeddings.to(float64), golden.Options(ClampBackend.Auto));

        var tolerance = golden.Centroids.dtype == ScalarType.Float64 ? 1e-9 : 1e-7;
        geometry.Centroids.RelativeDistanceTo(golden.Centroids).Should().BeLessThan(tolerance);
        geometry.Radii.RelativeDistanceTo(golden.Radii).Should().BeLessThan(1e-9);
        (geometry.MeanContacts * golden.Radii.numel() / 2).Should().BeApproximately(golden.ContactCount, 1e-6);
    }

    [Fact]
    public void Measured_MorePairsThanAnIntCounts_DividesByThem()
    {
        const int Images = 50_000;
        const double Pairs = 1_249_975_000;
        using var each = zeros(Images);
        using var centroids = zeros(Images, 3);

        using var geometry = GeometryMeasurement.Measured(
            new PackingTensors(centroids, each, each, each, each),
            new PackingSums { Distance = Pairs, Coincident = Pairs / 2, Contacts = Pairs / 4 },
            new double[Images],
            rattlers: 0,
            nearestOwn: 1,
            zeros(2, 1, 3),
            new ClampLossOptions());

        geometry.MeanCentroidDistance.Should().Be(1);
        geometry.ContactFraction.Should().Be(0.25);
        geometry.Verdict.Should().Be(PackingVerdict.Collapsed, "half of the pairs coincide");
    }

    [Fact]
    public void Measure_Figures_MatchPlainLoopsOverThePairs()
    {
        var options = new ClampLossOptions { RadiusScale = 2.5, PotentialExponent = 2.5, RepulsionWeight = 0.5, SizeWeight = 0.1 };
        using var geometry = Measure(ClusteredEmbeddings(4, 12, 5), options);
        var pairs = PairsOf(geometry, options);
        var contacts = pairs.Where(pair => pair.Touches).ToArray();
        contacts.Length.Should().BeInRange(5, 60, "the test needs both kinds of pairs");

        var counts = geometry.Contacts.data<long>().ToArray();
        for (int i = 0; i < 12; i++)
        {
            counts[i].Should().Be(contacts.Count(pair => pair.I == i || pair.J == i));
        }

        geometry.MeanContacts.Should().BeApproximately(2.0 * contacts.Length / 12, 1e-12);
        geometry.ContactFraction.Should().BeApproximately(contacts.Length / 66.0, 1e-12);
        geometry.RattlerFraction.Should().BeApproximately(counts.Count(count => count == 0) / 12.0, 1e-12);
        geometry.MeanOverlap.Should().BeApproximately(contacts.Average(pair => pair.Overlap), 1e-12);
        geometry.MeanCentroidDistance.Should().BeApproximately(pairs.Average(pair => pair.Distance), 1e-12);
        geometry.MeanRadius.Should().BeApproximately(geometry.Radii.data<double>().ToArray().Average(), 1e-12);
        geometry.Energy.Should().BeApproximately(
            0.5 * contacts.Sum(pair => Math.Pow(pair.Overlap, 2.5)) + 0.1 * geometry.Radii.sum().Value(), 1e-12);
        geometry.VirialPressure.Should().BeApproximately(
            contacts.Sum(pair => 0.5 * 2.5 * Math.Pow(pair.Overlap, 1.5) * pair.Distance / pair.Reach) / (12 * 5), 1e-12);
    }

    [Fact]
    public void ToString_InAnyCulture_SaysTheVerdictAndTheNumbersBehindIt()
    {
        // Two of three images coincide, which is one pair of three; their views agree, so that nothing touches.
        using var geometry = Measure(tensor(new double[,] { { 1, 0 }, { 1, 0 }, { 0, 1 } }).expand(2, 3, 2));
        var culture = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = { NumberDecimalSeparator = ",", PercentDecimalSeparator = "," } };
        try
        {
            geometry.ToString().Should().Be(
                "Collapsed: 0 contacts per sub-manifold (isostatic 1.333) with a mean overlap of 0, 100.0 % rattlers, 33.3 % of pairs coincident, "
                + "relative spread 0.667, 1 directions");
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    [Fact]
    public void ToString_EmbeddingsThatAreNoNumbers_SaysSo()
    {
        using var geometry = Measure(full([2, 3, 4], double.NaN, dtype: float64));
        geometry.ToString().Should().Be("Undefined: the embeddings hold NaN or infinity");
    }

    [Fact]
    public void Measure_Energy_IsTheLossWithoutLogarithm()
    {
        var options = new ClampLossOptions { RadiusScale = 2, LogEnergy = false };
        var embeddings = ClusteredEmbeddings(4, 12, 5);

        using var geometry = Measure(embeddings, options);

        geometry.Energy.Should().Be(new ClampLoss(options).forward(embeddings).Value());
    }

    [Fact]
    public void NearestCentroidAccuracy_TightSubManifolds_IsOne()
    {
        using var geometry = Measure(ClusteredEmbeddings(4, 30, 16, noise: 0.01));
        geometry.NearestCentroidAccuracy.Should().Be(1);
    }

    [Fact]
    public void NearestCentroidAccuracy_ViewsUnrelatedToTheirImage_IsLow()
    {
        var views = RandomEmbeddings(2, 200, 2);
        using var geometry = Measure(views);
        geometry.NearestCentroidAccuracy.Should().BeLessThan(0.2);
    }

    [Fact]
    public void NearestCentroidAccuracy_AllCentroidsEqual_IsZero()
    {
        using var geometry = Measure(zeros(3, 8, 4));
        geometry.NearestCentroidAccuracy.Should().Be(0, "every view ties with every centroid");
    }

    [Fact]
    public void ParticipationRatio_CentroidsAlongTheAxes_CountsTheAxes()
    {
        // Plus and minus each of 3 axes of 6: equal variance in 3 directions, none in the others.
        var axes = eye(6, dtype: float64)[..3];
        using var geometry = Measure(cat([axes, -axes]).expand(2, 6, 6));

        geometry.ParticipationRatio.Should().BeApproximately(3, 1e-9);
        geometry.SingularValueSpread.Should().BeApproximately(3.0 / 5, 1e-6, "3 directions of the min(B - 1, D) = 5 there could be");
    }

    [Fact]
    public void ParticipationRatio_OneLine_IsOne()
    {
        using var geometry = Measure(linspace(-1, 1, 9, dtype: float64).unsqueeze(1).expand(2, 9, 1) * ones(1, 1, 7, dtype: float64));
        geometry.ParticipationRatio.Should().BeApproximately(1, 1e-9);
    }

    public static TheoryData<string, PackingVerdict> Verdicts => new()
    {
        { "equal", PackingVerdict.Collapsed },
        { "zero", PackingVerdict.Collapsed },
        { "two points", PackingVerdict.Collapsed },
        { "rounding noise", PackingVerdict.Collapsed },
        { "separated", PackingVerdict.Separated },
        { "crowded", PackingVerdict.Jammed },
        { "chain", PackingVerdict.InContact },
        { "two lines", PackingVerdict.DimensionallyCollapsed },
    };

    [Theory, MemberData(nameof(Verdicts))]
    public void Verdict_TellsTheStatesApart(string state, PackingVerdict expected)
    {
        using var geometry = Measure(State(state), new ClampLossOptions { RadiusScale = 1 });
        geometry.Verdict.Should().Be(expected);
    }

    [Fact]
    public void Verdict_CollapsedAndSeparatedBatches_DifferThoughTheirLossesAreEqual()
    {
        var criterion = new ClampLoss(new ClampLossOptions { RadiusScale = 1 });
        var (collapsed, separated) = (State("two points"), State("separated"));

        criterion.forward(collapsed).Value().Should().Be(criterion.forward(separated).Value());
        criterion.Measure(collapsed).Verdict.Should().NotBe(criterion.Measure(separated).Verdict);
    }

    [Fact]
    public void Measure_NaN_IsUndefinedWithoutAnyHealthyFigure()
    {
        var embeddings = ClusteredEmbeddings(3, 6, 4);
        embeddings[0, 0, 0] = double.NaN;

        using var geometry = Measure(embeddings);

        geometry.Verdict.Should().Be(PackingVerdict.Undefined);
        typeof(SubManifoldGeometry).GetProperties().Where(property => property.PropertyType == typeof(double))
            .Should().AllSatisfy(property => property.GetValue(geometry).Should().Be(double.NaN));
    }

    [Fact]
    public void Measure_RecordsNoGraph()
    {
        using var geometry = Measure(ClusteredEmbeddings(3, 6, 4).requires_grad_());
        geometry.Centroids.requires_grad.Should().BeFalse();
        geometry.Radii.requires_grad.Should().BeFalse();
    }

    [Fact]
    public void Measure_Figures_OfEachBackendMatchPlainLoops()
    {
        // Float32 is measured beside the fused loss, several strips of 256 rows wide; float64 by the specification.
        var options = new ClampLossOptions { RadiusScale = 2.5, PotentialExponent = 2.5, RepulsionWeight = 0.5, MaxContactDistance = 1.2, MinSeparation = 0.3 };
        var embeddings = ClusteredEmbeddings(4, 600, 5, dtype: float32);
        embeddings[.., 7] = embeddings[.., 3];
        foreach (var (dtype, tolerance) in new[] { (float64, 1e-9), (float32, 1e-4) })
        {
            using var geometry = Measure(embeddings.to(dtype), options);
            var pairs = PairsOf(geometry, options);
            var (contacts, count) = (pairs.Where(pair => pair.Touches).ToArray(), (double)pairs.Count);
            contacts.Length.Should().BeInRange(1000, pairs.Count / 2, "the test needs both kinds of pairs");

            geometry.MeanContacts.Should().BeApproximately(2.0 * contacts.Length / 600, tolerance * 1000);
            geometry.MeanOverlap.Should().BeApproximately(contacts.Average(pair => pair.Overlap), tolerance);
            geometry.MeanCentroidDistance.Should().BeApproximately(pairs.Average(pair => pair.Distance), tolerance);
            geometry.ExcludedFraction.Should().BeApproximately(pairs.Count(pair => pair.Distance <= 0.3) / count, tolerance).And.BeGreaterThan(0.001);
            geometry.CoincidentFraction.Should().Be(geometry.ExcludedFraction, "d_min is the larger bound");
            geometry.ClippedFraction.Should().BeApproximately(pairs.Count(pair => pair.Reach == 1.2) / count, tolerance).And.BeInRange(0.1, 0.9);
            geometry.Energy.Should().BeApproximately(0.5 * contacts.Sum(pair => Math.Pow(pair.Overlap, 2.5)), tolerance * contacts.Length);
            geometry.VirialPressure.Should().BeApproximately(
                contacts.Sum(pair => 0.5 * 2.5 * Math.Pow(pair.Overlap, 1.5) * pair.Distance / pair.Reach) / (600 * 5), tolerance * 10);
            var overlaps = Enumerable.Range(0, 600).Select(i => contacts.Where(pair => pair.I == i || pair.J == i).Sum(pair => pair.Overlap));
            geometry.Overlaps.RelativeDistanceTo(tensor(overlaps.ToArray())).Should().BeLessThan(tolerance * 10);
            geometry.NetForces.RelativeDistanceTo(ForcesOf(geometry, contacts, options)).Should().BeLessThan(tolerance * 10);
            geometry.ParticipationRatio.Should().BeApproximately(ParticipationRatioOf(geometry.Centroids), tolerance * 10);
            geometry.LogPackingFraction.Should().BeApproximately(
                Math.Log(geometry.Radii.data<double>().ToArray().Sum(radius => CapOfFiveDimensions(Math.Min(radius, 0.6)))), 1e-6);
        }
    }

    [Fact]
    public void Measure_Float32_IsThatOfTheSpecification()
    {
        var embeddings = ClusteredEmbeddings(4, 300, 48, dtype: float32).add(100, 1);
        using var fused = Measure(embeddings, new ClampLossOptions { RadiusScale = 2 });
        using var specified = Measure(embeddings, new ClampLossOptions { RadiusScale = 2, Backend = ClampBackend.Composite });

        foreach (var property in typeof(SubManifoldGeometry).GetProperties().Where(property => property.PropertyType == typeof(double)))
        {
            var expected = (double)property.GetValue(specified)!;
            ((double)property.GetValue(fused)!).DistanceTo(expected).Should().BeLessThan(1e-4, property.Name);
        }

        fused.Centroids.RelativeDistanceTo(specified.Centroids).Should().BeLessThan(1e-5);
        fused.NetForces.RelativeDistanceTo(specified.NetForces).Should().BeLessThan(1e-4);
        fused.Verdict.Should().Be(specified.Verdict);
    }

    [Fact]
    public void Measure_CentroidsThatNearlyCoincide_IsThatOfTheSpecification()
    {
        // Distances of some 1e-3, which a product of float32 centroids gets wrong by half of that.
        var centres = RandomEmbeddings(1, 5, 4, seed: 1).repeat_interleave(8, dim: 1);
        var embeddings = (centres + 5e-4 * RandomEmbeddings(1, 40, 4, seed: 2) + 1e-3 * RandomEmbeddings(2, 40, 4, seed: 3)).to(float32);
        var options = new ClampLossOptions { RadiusScale = 3, MinSeparation = 5e-4 };
        using var fused = Measure(embeddings, options);
        options.Backend = ClampBackend.Composite;
        using var specified = Measure(embeddings, options);

        fused.MeanContacts.Should().Be(specified.MeanContacts).And.BeGreaterThan(2);
        fused.ExcludedFraction.Should().Be(specified.ExcludedFraction).And.BeInRange(0.01, 0.1);
        fused.MeanOverlap.DistanceTo(specified.MeanOverlap).Should().BeLessThan(1e-3);
        fused.Overlaps.RelativeDistanceTo(specified.Overlaps).Should().BeLessThan(1e-3);
    }

    [Theory, InlineData(1e-11f), InlineData(1e20f)]
    public void Measure_NormsBeyondFloat32Squares_AreMeasuredAllTheSame(float size)
    {
        var embeddings = ClusteredEmbeddings(4, 20, 6, dtype: float32);
        using var expected = Measure(embeddings);
        using var geometry = Measure(embeddings * tensor(size));
        geometry.RelativeSpread.Should().BeApproximately(expected.RelativeSpread, 1e-5);
        geometry.MeanContacts.Should().Be(expected.MeanContacts);
    }

    [Fact]
    public void NetForces_TwoTouchingBalls_AreTheSlopeOfThePotential()
    {
        // On the unit circle, at distance d, with equal radii r; another pair far away does not touch.
        using var geometry = Measure(Pairs(angle: 0.2, scatter: 0.1), new ClampLossOptions { RadiusScale = 1.5 });
        var (distance, radius) = ((geometry.Centroids[0] - geometry.Centroids[1]).norm().Value(), geometry.Radii[0].Value());
        var overlap = 1 - distance / (2 * radius + 1e-6);

        geometry.Contacts.data<long>().ToArray().Should().Equal(1, 1, 1, 1);
        geometry.Overlaps[0].Value().Should().BeApproximately(overlap, 1e-9);
        geometry.NetForces[0].Value().Should().BeApproximately(2 * overlap / (2 * radius + 1e-6), 1e-6);
        geometry.NetForces[1].Value().Should().BeApproximately(geometry.NetForces[0].Value(), 1e-9);
    }

    [Fact]
    public void NetForces_MiddleOfAChain_AreInBalance()
    {
        using var geometry = Measure(Chain(), new ClampLossOptions { RadiusScale = 1 });
        var forces = geometry.NetForces.data<double>().ToArray();

        geometry.Contacts.data<long>().ToArray().Should().Equal(1, 2, 1, 1, 2, 1);
        (forces[1] / forces[0]).Should().BeLessThan(0.4, "what is left of the middle's forces points out of the circle");
        geometry.IsostaticContacts.Should().BeApproximately(1 * (2 - 2 / 6.0), 1e-12);
        geometry.MeanContactsWithoutRattlers.Should().BeApproximately(4 / 3.0, 1e-12);
    }

    [Theory, InlineData(4, 8), InlineData(8, 4), InlineData(1000, 2)]
    public void IsostaticContacts_CountWaysToMoveButForRotations(int images, int width)
    {
        using var geometry = Measure(RandomEmbeddings(2, images, width));

        // Of few images only the first has D - 1 ways, and the rotations that keep them all in place move nothing.
        var moves = images >= width ? images * (width - 1) - width * (width - 1) / 2.0 : images * (images - 1) / 2.0;
        geometry.IsostaticContacts.Should().BeApproximately(2 * moves / images, 1e-12);
    }

    [Fact]
    public void EffectiveRank_CentroidsAlongTheAxes_CountsTheAxes()
    {
        var axes = eye(6, dtype: float64)[..3];
        using var geometry = Measure(cat([axes, -axes]).expand(2, 6, 6));
        geometry.EffectiveRank.Should().BeApproximately(3, 1e-6);
    }

    [Fact]
    public void LazyFigures_FirstReadAfterDisposal_AreRefused()
    {
        var geometry = Measure(ClusteredEmbeddings(3, 6, 4));
        var read = geometry.EffectiveRank;
        geometry.Dispose();

        geometry.EffectiveRank.Should().Be(read);
        FluentActions.Invoking(() => geometry.NearestCentroidAccuracy).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void LazyFigures_ThatFailed_AreTriedAgain()
    {
        using var geometry = Measure(ClusteredEmbeddings(3, 6, 4));
        using var expected = Measure(ClusteredEmbeddings(3, 6, 4));
        using var kept = geometry.Centroids.clone();
        geometry.Centroids.fill_(double.NaN);
        FluentActions.Invoking(() => geometry.EffectiveRank).Should().Throw<System.Runtime.InteropServices.ExternalException>("NaN has no eigenvalues");

        geometry.Centroids.copy_(kept);

        geometry.EffectiveRank.Should().Be(expected.EffectiveRank);
    }

    [Theory, InlineData(ScalarType.Float32), InlineData(ScalarType.Float64)]
    public void LazyFigures_FirstReadAfterTheirScope_AreRefused(ScalarType dtype)
    {
        SubManifoldGeometry geometry;
        using (NewDisposeScope())
        {
            geometry = Measure(ClusteredEmbeddings(3, 6, 4, noise: 0.01, dtype: dtype));
        }

        geometry.MeanContacts.Should().BeGreaterThanOrEqualTo(0);
        FluentActions.Invoking(() => geometry.EffectiveRank).Should().Throw<ObjectDisposedException>();
        FluentActions.Invoking(() => geometry.NearestCentroidAccuracy).Should().Throw<ObjectDisposedException>();
    }

    private static SubManifoldGeometry Measure(Tensor embeddings, ClampLossOptions? options = null) =>
        new ClampLoss(options ?? new ClampLossOptions()).Measure(embeddings);

    private static Tensor State(string state) => state switch
    {
        "equal" => full(3, 8, 4, 0.7, dtype: float64),
        "zero" => zeros(3, 8, 4, dtype: float64),
        "two points" => RandomEmbeddings(1, 2, 4).repeat_interleave(4, dim: 1).expand(3, 8, 4),
        "rounding noise" => (full(3, 8, 4, 0.7, dtype: float64) + 1e-7 * RandomEmbeddings(3, 8, 4)).to(float32),
        "separated" => cat([eye(4, dtype: float64), -eye(4, dtype: float64)]).expand(3, 8, 4),
        "crowded" => RandomEmbeddings(3, 8, 4),
        "chain" => Chain(),
        "two lines" => linspace(-1, 1, 8, dtype: float64).unsqueeze(1).mm(tensor(new double[,] { { 1, 0.2, 0, -0.3 } }))
            .add(0.05 * RandomEmbeddings(1, 8, 4), 1).expand(3, 8, 4),
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "Unknown state."),
    };

    /// <summary>Two far pairs of neighbours on a circle, each image's two views a little to both sides.</summary>
    private static Tensor Pairs(double angle, double scatter) => OnCircle([0, angle, Math.PI, Math.PI + angle], scatter);

    /// <summary>Two far chains of three on a circle, whose ends touch the middle alone.</summary>
    private static Tensor Chain() => OnCircle([-0.2, 0, 0.2, Math.PI - 0.2, Math.PI, Math.PI + 0.2], 0.12);

    private static Tensor OnCircle(double[] angles, double scatter)
    {
        var views = stack([tensor(angles).add(scatter, 1), tensor(angles) - scatter]);
        return stack([views.cos(), views.sin()], -1);
    }

    private static Tensor ForcesOf(SubManifoldGeometry geometry, Pair[] contacts, ClampLossOptions options)
    {
        var alpha = options.PotentialExponent;
        var (width, centroids) = ((int)geometry.Centroids.shape[1], geometry.Centroids.data<double>().ToArray());
        var forces = new double[centroids.Length];
        foreach (var pair in contacts)
        {
            var size = options.RepulsionWeight * alpha * Math.Pow(pair.Overlap, alpha - 1) / pair.Reach;
            for (int axis = 0; axis < width; axis++)
            {
                var push = size * (centroids[pair.I * width + axis] - centroids[pair.J * width + axis]) / pair.Distance;
                forces[pair.I * width + axis] += push;
                forces[pair.J * width + axis] -= push;
            }
        }

        return tensor(forces).reshape(-1, width).norm(dim: 1, p: 2);
    }

    private static double ParticipationRatioOf(Tensor centroids)
    {
        var variances = linalg.svdvals(centroids - centroids.mean([0], keepdim: true)).pow(2);
        return Math.Pow(variances.sum().Value(), 2) / variances.pow(2).sum().Value();
    }

    /// <summary>The share of S^4 within asin r of a pole: the integral of sin^3 from 0, (2 - 3 cos + cos^3) / 3, over that to pi.</summary>
    private static double CapOfFiveDimensions(double radius)
    {
        var cosine = Math.Sqrt(1 - radius * radius);
        return (2 - 3 * cosine + Math.Pow(cosine, 3)) / 4;
    }

    private static List<Pair> PairsOf(SubManifoldGeometry geometry, ClampLossOptions options)
    {
        var (images, width) = ((int)geometry.Centroids.shape[0], (int)geometry.Centroids.shape[1]);
        var (centroids, radii) = (geometry.Centroids.data<double>().ToArray(), geometry.Radii.data<double>().ToArray());
        return (from i in Enumerable.Range(0, images)
                from j in Enumerable.Range(i + 1, images - i - 1)
                let squares = Enumerable.Range(0, width).Sum(k => Math.Pow(centroids[i * width + k] - centroids[j * width + k], 2))
                let distance = Math.Sqrt(squares + 1e-12)
                let reach = Math.Min(radii[i] + radii[j] + 1e-6, options.MaxContactDistance)
                select new Pair(i, j, distance, reach, distance > options.MinSeparation && distance < reach)).ToList();
    }

    private sealed record Pair(int I, int J, double Distance, double Reach, bool Touches)
    {
        public double Overlap => 1 - Distance / Reach;
    }
}
