using System.Globalization;
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
                "Collapsed: 0 contacts per sub-manifold with a mean overlap of 0, 100.0 % rattlers, 33.3 % of pairs coincident, "
                + "relative spread 0.667");
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
        { "crowded", PackingVerdict.InContact },
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
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "Unknown state."),
    };

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
