using Clamp.Losses.Samples.Analysis;
using Clamp.Losses.Samples.Analysis.Sections;

namespace Clamp.Losses.Samples.Tests.Analysis;

public sealed class PairDistributionTests
{
    [Fact]
    public void OfDistances_FewOfManyPairsDrawn_WeighsEachKindByAllOfThem()
    {
        // 10 pairs within at distance 2 and 30 between, of which two are drawn: the mean square is (10 * 4 + 30 * 16) / 40 = 13.
        var pairs = new ClassSimilarities(new PairSimilarities(10, [2, 2], [], []), new PairSimilarities(30, [4, 4], [], []));

        var distances = PairDistribution.OfDistances(pairs);

        distances.Within.Should().Equal(2 / Math.Sqrt(13), 2 / Math.Sqrt(13));
        distances.Between.Should().Equal(4 / Math.Sqrt(13), 4 / Math.Sqrt(13));
    }

    [Fact]
    public void Of_PairsWithoutTheFigure_LeavesThemOut()
    {
        var pairs = new ClassSimilarities(new PairSimilarities(2, [], [0.5, double.NaN], []), new PairSimilarities(0, [], [], []));

        PairDistribution.Of(pairs, kind => kind.Cosines).Means.Should().Be((0.5, null));
    }

    [Fact]
    public void Densities_OfValues_HaveArea1AndEachValueInItsBin()
    {
        var (edges, densities) = DistributionsSection.Densities([0, 0.999, 1, 0.5], low: 0, high: 1);

        var width = edges[1] - edges[0];
        densities.Sum(density => density * width).Should().BeApproximately(1, 1e-12);
        (densities[0] * width, densities[30] * width, densities[59] * width, densities[60]).Should().Be((0.25, 0.25, 0.5, 0));
    }

    [Fact]
    public void Smoothed_ManyValues_AreMeansOfAFortiethToEachSide()
    {
        var values = Enumerable.Range(0, 80).Select(i => (double)(i * i)).ToArray();

        var smoothed = CurvesSection.Smoothed(values);

        smoothed[40].Should().BeApproximately((38 * 38 + 39 * 39 + 40 * 40 + 41 * 41 + 42 * 42) / 5.0, 1e-9);
        smoothed[0].Should().BeApproximately((0 + 1 + 4) / 3.0, 1e-9);
    }
}
