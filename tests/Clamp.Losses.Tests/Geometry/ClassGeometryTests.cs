using System.Globalization;
using Clamp.Losses.Tests.Support;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Geometry;

public sealed class ClassGeometryTests : TorchTest
{
    [Fact]
    public void Measure_UnequalClasses_MatchesPlainLoops()
    {
        var (features, labels) = (RandomEmbeddings(1, 23, 5)[0], Array.ConvertAll([3, 3, 3, 3, 9, 9, 9, -2, -2, -2, -2, -2], label => (long)label));
        labels = [.. labels, .. Enumerable.Repeat(9L, 11)];

        using var geometry = ClassGeometry.Measure(features, tensor(labels));

        var expected = new PlainClasses(Rows(features), labels);
        geometry.Classes.Select(one => one.Label).Should().Equal(-2, 3, 9);
        geometry.Classes.Select(one => one.Images).Should().Equal(5, 4, 14);
        geometry.Classes.Select(one => one.Radius).Should().Equal(expected.Radii, Near);
        geometry.Classes.Select(one => one.Dimension).Should().Equal(expected.Dimensions, Near);
        geometry.MeanRadius.Should().BeApproximately(expected.Radii.Average(), 1e-12);
        geometry.MeanDimension.Should().BeApproximately(expected.Dimensions.Average(), 1e-12);
        geometry.MeanCentroidCorrelation.Should().BeApproximately(expected.MeanAbsoluteCosine, 1e-12);
        geometry.SeparationIndex.Should().BeApproximately(expected.SeparationIndex, 1e-12);
        geometry.Eigenvalues.Sum().Should().BeApproximately(expected.TotalVariance, 1e-12);
        geometry.ParticipationRatio.Should().BeApproximately(expected.ParticipationRatio, 1e-12);
    }

    [Fact]
    public void Measure_RowsOfManyBlocks_AreAllRead()
    {
        // Blocks hold 2^22 numbers: this class needs two.
        var features = RandomEmbeddings(1, 5000, 1000, float32)[0];
        features[4999] += 1000;

        using var geometry = ClassGeometry.Measure(features, zeros(5000, dtype: int64));

        geometry.Centroids.RelativeDistanceTo(features.to(float64).mean([0], keepdim: true)).Should().BeLessThan(1e-12);
        geometry.Eigenvalues.Sum().Should().BeApproximately(features.to(float64).var(0, unbiased: false).sum().Value(), 1e-6);
    }

    [Fact]
    public void Measure_GaussianOfKnownCovariance_HasItsDimensionAndSpectrum()
    {
        // Variances 4, 1 and 1: (4 + 1 + 1)^2 / (16 + 1 + 1) = 2 directions.
        var deviations = tensor(new double[] { 2, 1, 1, 0 });
        var features = RandomEmbeddings(1, 100_000, 4)[0] * deviations;

        using var geometry = ClassGeometry.Measure(features, zeros(100_000, dtype: int64));

        geometry.ParticipationRatio.Should().BeApproximately(2, 0.02);
        geometry.Classes[0].Dimension.Should().BeApproximately(2, 0.02);
        geometry.Eigenvalues[0].Should().BeApproximately(4, 0.08);
        geometry.Eigenvalues[3].Should().BeApproximately(0, 1e-12);
    }

    [Fact]
    public void Measure_SimplexOfCentroids_HasItsCorrelation()
    {
        // Four corners, each a class of two images half an edge apart along axes of their own.
        var corners = eye(4, dtype: float64).repeat(2, 1);
        var offsets = cat([eye(4, dtype: float64), -eye(4, dtype: float64)]) * tensor(0.5);

        using var geometry = ClassGeometry.Measure(cat([corners, offsets], 1), arange(4, dtype: int64).repeat(2));

        geometry.MeanCentroidCorrelation.Should().BeApproximately(1 / 3.0, 1e-12);
        geometry.CentroidCorrelations[0, 1].Value().Should().BeApproximately(-1 / 3.0, 1e-12);
        geometry.CentroidCorrelations[2, 2].Value().Should().BeApproximately(1, 1e-12);
        geometry.Classes.Select(one => one.Radius).Should().Equal(Enumerable.Repeat(0.5 / Math.Sqrt(0.75), 4), Near);
        geometry.Classes.Select(one => one.Dimension).Should().Equal(Enumerable.Repeat(1.0, 4), Near);
        geometry.SeparationIndex.Should().BeApproximately(0.75 / (0.75 + 0.25), 1e-12);
    }

    [Fact]
    public void EffectiveRank_OrthogonalRowsOfEqualLength_IsTheirNumber()
    {
        using var geometry = ClassGeometry.Measure(3 * eye(5, 8, dtype: float64), arange(5, dtype: int64));
        geometry.EffectiveRank.Should().BeApproximately(5, 1e-6, "RankMe does not centre the features");
        geometry.ParticipationRatio.Should().BeApproximately(4, 1e-9, "centred, one direction is gone");
    }

    [Fact]
    public void PowerLaw_FeaturesWithSuchASpectrum_IsFound()
    {
        // Rows plus and minus each axis, as long as the root of its variance: a diagonal covariance.
        var variances = arange(1, 41, dtype: float64).pow(-1.5);
        var rows = diag((variances * tensor(40.0)).sqrt());

        using var geometry = ClassGeometry.Measure(cat([rows, -rows]), zeros(80, dtype: int64));

        geometry.PowerLaw.Exponent.Should().BeApproximately(1.5, 1e-9);
        geometry.PowerLaw.Factor.Should().BeApproximately(1, 1e-9);
        geometry.PowerLaw.RSquared.Should().BeApproximately(1, 1e-9);
        (geometry.PowerLaw.FirstRank, geometry.PowerLaw.LastRank).Should().Be((11, 40));
    }

    [Fact]
    public void PowerLaw_LessThanThreeRanks_IsNotANumber() =>
        PowerLawFit.Of([3, 2, 1], 2, 3).Exponent.Should().Be(double.NaN);

    [Fact]
    public void PowerLaw_RanksOutsideTheSpectrum_AreRefused()
    {
        FluentActions.Invoking(() => PowerLawFit.Of([3, 2, 1], 0, 3)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("firstRank");
        FluentActions.Invoking(() => PowerLawFit.Of([3, 2, 1], 1, 4)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("lastRank");
    }

    [Fact]
    public void Measure_EqualImagesOfEachClass_AreBallsOfNoSize()
    {
        // A tenth has no binary form, so that the mean of three of them is rounded.
        var rows = tensor(new[,] { { 0.1, 0.7 }, { 0.3, -0.2 } }).repeat_interleave(3, 0);

        using var geometry = ClassGeometry.Measure(rows, arange(2, dtype: int64).repeat_interleave(3));

        geometry.Classes.Should().AllSatisfy(one => (one.Radius, one.Dimension).Should().Be((0, 0)));
        geometry.SeparationIndex.Should().Be(1);
    }

    [Fact]
    public void Measure_OneImagePerClass_HasNoRadius()
    {
        using var geometry = ClassGeometry.Measure(RandomEmbeddings(1, 6, 3)[0], arange(6, dtype: int64));
        geometry.MeanRadius.Should().Be(0);
        geometry.MeanDimension.Should().Be(0);
    }

    [Fact]
    public void Measure_OneClass_HasNothingToCompareWith()
    {
        using var geometry = ClassGeometry.Measure(RandomEmbeddings(1, 20, 3)[0], ones(20, dtype: int64));

        geometry.MeanRadius.Should().Be(double.NaN);
        geometry.MeanCentroidCorrelation.Should().Be(double.NaN);
        geometry.SeparationIndex.Should().Be(0);
        geometry.MeanDimension.Should().BeApproximately(geometry.ParticipationRatio, 1e-12);
    }

    [Fact]
    public void Measure_NothingVaries_HasNoDirections()
    {
        using var geometry = ClassGeometry.Measure(full([6, 3], 0.1, dtype: float64), tensor(new long[] { 0, 0, 0, 1, 1, 1 }));
        geometry.ParticipationRatio.Should().Be(0);
        geometry.SeparationIndex.Should().Be(0);
        geometry.EffectiveRank.Should().BeApproximately(1, 1e-6, "not centred, they lie along one direction");
    }

    [Theory, InlineData(double.NaN), InlineData(double.PositiveInfinity)]
    public void Measure_FeaturesThatAreNoNumbers_IsUndefined(double value)
    {
        var features = RandomEmbeddings(1, 6, 3)[0];
        features[2, 1] = value;

        using var geometry = ClassGeometry.Measure(features, tensor(new long[] { 0, 0, 0, 1, 1, 1 }));

        typeof(ClassGeometry).GetProperties().Where(property => property.PropertyType == typeof(double))
            .Should().AllSatisfy(property => property.GetValue(geometry).Should().Be(double.NaN));
        geometry.ToString().Should().Be("2 classes: the features hold NaN or infinity");
    }

    [Fact]
    public void ToString_InAnyCulture_SaysTheFigures()
    {
        var culture = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = { NumberDecimalSeparator = "," } };
        try
        {
            using var geometry = ClassGeometry.Measure(tensor(new double[,] { { 1, 1 }, { 1, -1 }, { -1, 1 }, { -1, -1 } }), tensor(new long[] { 0, 0, 1, 1 }));
            geometry.ToString().Should().Be(
                "2 classes: radius 1, dimension 1, centroid correlation 1, separation 0.5, participation ratio 2, effective rank 2, "
                + "spectrum exponent NaN over ranks 11 to 2 (R^2 NaN)");
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    [Fact]
    public void Measure_LowPrecision_IsThatOfTheNumbersAsTheyAre()
    {
        var (features, labels) = (RandomEmbeddings(1, 12, 4, bfloat16)[0], arange(12, dtype: int64) % 3);
        using var geometry = ClassGeometry.Measure(features, labels);
        using var expected = ClassGeometry.Measure(features.to(float64), labels);
        geometry.ToString().Should().Be(expected.ToString());
    }

    [Fact]
    public void Measure_LeavesNoTensorsButItsOwn()
    {
        var (features, labels) = (RandomEmbeddings(1, 12, 4)[0], arange(12, dtype: int64) % 3);
        ClassGeometry.Measure(features, labels).Dispose();
        var live = Tensor.TotalCount;

        ClassGeometry.Measure(features, labels).Dispose();

        Tensor.TotalCount.Should().Be(live);
    }

    [Fact]
    public void Measure_WrongShapes_AreRefused()
    {
        var features = RandomEmbeddings(1, 6, 3)[0];
        FluentActions.Invoking(() => ClassGeometry.Measure(features[0], zeros(6, dtype: int64)))
            .Should().Throw<ArgumentException>().WithParameterName("features").WithMessage("*[N, F]*not Float64 [3]*");
        FluentActions.Invoking(() => ClassGeometry.Measure(features, zeros(5, dtype: int64)))
            .Should().Throw<ArgumentException>().WithParameterName("labels").WithMessage("*Int64 [6]*not Int64 [5]*");
        FluentActions.Invoking(() => ClassGeometry.Measure(features, zeros(6)))
            .Should().Throw<ArgumentException>().WithParameterName("labels").WithMessage("*not Float32 [6]*");
    }

    private static bool Near(double a, double b) => Math.Abs(a - b) < 1e-12;

    private static double[][] Rows(Tensor features) =>
        [.. Enumerable.Range(0, (int)features.shape[0]).Select(row => features[row].data<double>().ToArray())];

    /// <summary>The definitions, written out.</summary>
    private sealed class PlainClasses
    {
        public PlainClasses(double[][] rows, long[] labels)
        {
            var clouds = labels.Distinct().Order().Select(label => rows.Where((_, i) => labels[i] == label).ToArray()).ToArray();
            var centroids = clouds.Select(Mean).ToArray();
            var middle = Mean(centroids);
            var offsets = centroids.Select(centroid => Difference(centroid, middle)).ToArray();
            var variances = clouds.Select(cloud => Trace(Covariance(cloud))).ToArray();
            Radii = [.. variances.Zip(offsets, (variance, offset) => Math.Sqrt(variance / Dot(offset, offset)))];
            Dimensions = [.. clouds.Select(Dimension)];
            MeanAbsoluteCosine = (from i in Enumerable.Range(0, offsets.Length)
                                  from j in Enumerable.Range(0, i)
                                  select Math.Abs(Dot(offsets[i], offsets[j])) / Math.Sqrt(Dot(offsets[i], offsets[i]) * Dot(offsets[j], offsets[j]))).Average();
            var between = offsets.Average(offset => Dot(offset, offset));
            SeparationIndex = between / (between + variances.Average());
            (TotalVariance, ParticipationRatio) = (Trace(Covariance(rows)), Dimension(rows));
        }

        public double[] Radii { get; }

        public double[] Dimensions { get; }

        public double MeanAbsoluteCosine { get; }

        public double SeparationIndex { get; }

        public double TotalVariance { get; }

        public double ParticipationRatio { get; }

        private static double Dimension(double[][] rows) =>
            Math.Pow(Trace(Covariance(rows)), 2) / Covariance(rows).Sum(row => row.Sum(value => value * value));

        private static double[][] Covariance(double[][] rows)
        {
            var deviations = rows.Select(row => Difference(row, Mean(rows))).ToArray();
            var axes = Enumerable.Range(0, rows[0].Length).ToArray();
            return [.. axes.Select(a => axes.Select(b => deviations.Average(deviation => deviation[a] * deviation[b])).ToArray())];
        }

        private static double Trace(double[][] matrix) => matrix.Select((row, i) => row[i]).Sum();

        private static double[] Mean(double[][] rows) => [.. rows[0].Select((_, axis) => rows.Average(row => row[axis]))];

        private static double[] Difference(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x - y)];

        private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
    }
}
