using Clamp.Losses.Geometry;
using Clamp.Losses.Tests.Support;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Geometry;

public sealed class ClassSimilaritiesTests : TorchTest
{
    [Fact]
    public void Measure_FewImages_MatchesPlainLoopsOverAllPairs()
    {
        long[] labels = [4, 0, 4, 0, 7, 4];
        var views = RandomEmbeddings(5, 6, 3).add(2, 1);

        var measured = ClassSimilarities.Measure(views, tensor(labels));

        var within = PairsOf(views, (i, j) => labels[i] == labels[j]);
        var between = PairsOf(views, (i, j) => labels[i] != labels[j]);
        (measured.Within.Pairs, measured.Between.Pairs).Should().Be((4, 11));
        Values(measured.Within).Should().BeEquivalentTo(within, Close);
        Values(measured.Between).Should().BeEquivalentTo(between, Close);
    }

    [Fact]
    public void Measure_ImagesOrientedAlongAxes_KnowsTheAngles()
    {
        // Images 0 and 1 scatter along the first axis, image 2 along the second.
        var along = tensor(new double[,] { { 1, 0 }, { -2, 0 }, { 0, 3 } });
        var centroids = tensor(new double[,] { { 1, 0 }, { 0, 2 }, { 1, 0 } });

        var measured = ClassSimilarities.Measure(stack([centroids.add(along, 1), centroids - along]), tensor(new long[] { 0, 0, 1 }));

        measured.Within.Orientations.Should().Equal([1.0], Near);
        measured.Within.Cosines.Should().Equal([0.0], Near);
        measured.Within.Distances.Should().Equal([Math.Sqrt(5)], Near);
        measured.Between.Orientations.Should().Equal([0.0, 0.0], Near);
    }

    [Fact]
    public void Measure_MorePairsThanWanted_DrawsSomeOfThemBySeed()
    {
        var (views, labels) = (RandomEmbeddings(2, 40, 3), arange(40, dtype: int64) % 4);

        var some = ClassSimilarities.Measure(views, labels, mostPairs: 50, seed: 3);

        (some.Within.Pairs, some.Between.Pairs).Should().Be((4 * 45, 780 - 4 * 45));
        some.Within.Distances.Should().HaveCount(50).And.OnlyHaveUniqueItems();
        some.Between.Distances.Should().HaveCount(50).And.OnlyHaveUniqueItems();
        some.Between.Distances.Should().BeSubsetOf(ClassSimilarities.Measure(views, labels).Between.Distances);
        ClassSimilarities.Measure(views, labels, mostPairs: 50, seed: 3).Between.Distances.Should().Equal(some.Between.Distances);
        ClassSimilarities.Measure(views, labels, mostPairs: 50, seed: 4).Between.Distances.Should().NotEqual(some.Between.Distances);
    }

    [Fact]
    public void Take_ManyDrawings_FindEachPairAlikeOften()
    {
        var pairs = LabelPairs.Between(LabelOrder.Of(tensor(new long[] { 5, 1, 5, 5, 2, 1 }), 6));
        var random = new Random(1);

        var counts = Enumerable.Range(0, 11_000).SelectMany(_ => pairs.Take(1, random)).GroupBy(pair => pair).ToArray();

        counts.Should().HaveCount(11).And.AllSatisfy(pair => pair.Count().Should().BeInRange(850, 1150));
    }

    [Fact]
    public void Measure_ImageWhoseViewsAgree_HasNoOrientation()
    {
        var views = full([3, 4, 2], 0.1, dtype: float64);
        views[0, 1] += 1;
        views[1, 2] += 1;

        var measured = ClassSimilarities.Measure(views, zeros(4, dtype: int64));

        measured.Within.Distances.Should().HaveCount(6);
        measured.Within.Orientations.Should().HaveCount(1);
        measured.Between.Distances.Should().BeEmpty();
    }

    [Fact]
    public void Measure_FeaturesThatAreNoNumbers_AreRefused()
    {
        var views = RandomEmbeddings(2, 4, 3);
        views[1, 2, 0] = double.NaN;
        FluentActions.Invoking(() => ClassSimilarities.Measure(views, zeros(4, dtype: int64)))
            .Should().Throw<ArgumentException>().WithParameterName("views").WithMessage("*NaN*");
    }

    [Fact]
    public void Measure_WrongShapes_AreRefused()
    {
        FluentActions.Invoking(() => ClassSimilarities.Measure(RandomEmbeddings(1, 4, 3), zeros(4, dtype: int64)))
            .Should().Throw<ArgumentException>().WithParameterName("views").WithMessage("*[V, N, F]*not Float64 [1, 4, 3]*");
        FluentActions.Invoking(() => ClassSimilarities.Measure(RandomEmbeddings(2, 4, 3), zeros(4, dtype: int64), mostPairs: 0))
            .Should().Throw<ArgumentOutOfRangeException>().WithParameterName("mostPairs");
    }

    private static bool Near(double a, double b) => Math.Abs(a - b) < 1e-12;

    private static FluentAssertions.Equivalency.EquivalencyAssertionOptions<(double, double, double)> Close(
        FluentAssertions.Equivalency.EquivalencyAssertionOptions<(double, double, double)> options) => options
        .Using<double>(pair => pair.Subject.Should().BeApproximately(pair.Expectation, 1e-9)).WhenTypeIs<double>();

    private static IEnumerable<(double, double, double)> Values(PairSimilarities pairs) =>
        pairs.Distances.Zip(pairs.Cosines, pairs.Orientations);

    private static List<(double, double, double)> PairsOf(Tensor views, Func<int, int, bool> belongs)
    {
        var images = Enumerable.Range(0, (int)views.shape[1]).ToArray();
        var centroids = images.Select(image => views.select(1, image).mean([0])).ToArray();
        var directions = images.Select(image => Leading(views.select(1, image))).ToArray();
        return [.. from i in images
                   from j in images
                   where i < j && belongs(i, j)
                   select ((centroids[i] - centroids[j]).norm().Value(),
                       centroids[i].dot(centroids[j]).Value() / (centroids[i].norm().Value() * centroids[j].norm().Value()),
                       Math.Pow(directions[i].dot(directions[j]).Value(), 2))];
    }

    private static Tensor Leading(Tensor views)
    {
        var deviations = views - views.mean([0], keepdim: true);
        return linalg.eigh(deviations.t().mm(deviations)).Item2.select(1, -1);
    }
}
