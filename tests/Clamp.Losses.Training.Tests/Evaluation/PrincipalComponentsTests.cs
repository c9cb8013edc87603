using static TorchSharp.torch;

namespace Clamp.Losses.Training.Tests;

public sealed class PrincipalComponentsTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Project_PointsOnTwoAxes_FindsThemAndTheirShares()
    {
        // Variances 2 * 9 and 2 * 1 along axes 2 and 0, far from the origin.
        var features = tensor(new double[] { 10, 20, 33, 10, 20, 27, 11, 20, 30, 9, 20, 30 }, [4, 3]);

        var (coordinates, shares) = PrincipalComponents.Project(features, 2);

        coordinates.data<double>().ToArray().Should().BeEquivalentTo(new[] { 3.0, 0, -3, 0, 0, 1, 0, -1 }, Close);
        shares.Should().BeEquivalentTo([0.9, 0.1], Close);
    }

    [Fact]
    public void Project_RandomFeatures_KeepsWhatAMatrixOfTheirRankCan()
    {
        var features = Clusters.Noise(50, 1).Features;

        var (coordinates, shares) = PrincipalComponents.Project(features, 3);

        // All components: distances are those of the features.
        cdist(coordinates, coordinates).data<double>().ToArray().Should().BeEquivalentTo(
            cdist(features.to(ScalarType.Float64), features.to(ScalarType.Float64)).data<double>().ToArray(), options => options.Using<double>(c => c.Subject.Should().BeApproximately(c.Expectation, 1e-5)).WhenTypeIs<double>());
        shares.Sum().Should().BeApproximately(1, 1e-12);
        shares.Should().BeInDescendingOrder();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Project_EachDirection_HasAPositiveLargestEntry(ulong seed)
    {
        var features = Clusters.Noise(50, seed).Features.to(ScalarType.Float64);

        var coordinates = PrincipalComponents.Project(features, 3).Coordinates;

        var directions = (features - features.mean([0])).t().mm(coordinates);
        directions.gather(0, directions.abs().argmax(0, keepdim: true)).min().item<double>().Should().BePositive();
    }

    [Fact]
    public void Project_MoreThanTheFeaturesHave_Are0()
    {
        var (coordinates, shares) = PrincipalComponents.Project(tensor(new float[] { 1, 2, 3 }, [3, 1]), 2);

        coordinates.data<double>().ToArray().Should().BeEquivalentTo(new[] { -1.0, 0, 0, 0, 1, 0 }, Close);
        shares.Should().Equal(1, 0);
    }

    [Fact]
    public void Project_EqualFeatures_SpreadNowhere() =>
        PrincipalComponents.Project(ones(5, 3), 2).Shares.Should().Equal(0, 0);

    [Fact]
    public void Project_NoMatrix_SaysTheShape() =>
        FluentActions.Invoking(() => PrincipalComponents.Project(ones(5), 2)).Should().Throw<ArgumentException>().WithMessage("*[5] given*[N, F]*");

    private static FluentAssertions.Equivalency.EquivalencyAssertionOptions<double> Close(FluentAssertions.Equivalency.EquivalencyAssertionOptions<double> options) =>
        options.WithStrictOrdering().Using<double>(c => c.Subject.Should().BeApproximately(c.Expectation, 1e-9)).WhenTypeIs<double>();
}
