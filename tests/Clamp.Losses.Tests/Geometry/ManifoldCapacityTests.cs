using Clamp.Losses.Tests.Support;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Geometry;

public sealed class ManifoldCapacityTests : TorchTest
{
    [Fact]
    public void Measure_Points_IsTwo()
    {
        var capacity = ManifoldCapacity.Measure(RandomEmbeddings(1, 40, 30)[0], arange(40, dtype: int64), directions: 400);
        Check(capacity, 0.5);
    }

    [Theory, InlineData(2), InlineData(6)]
    public void Measure_PerpendicularPoints_IsThatOfAnOrthant(int points)
    {
        // A standard normal vector's projection onto an orthant keeps each coordinate that is positive: half of each, squared.
        var rows = cat([eye(points, dtype: float64), -eye(points, dtype: float64)]);
        Check(ManifoldCapacity.Measure(rows, arange(2, dtype: int64).repeat_interleave(points), directions: 4000), points / 2.0);
    }

    [Theory, InlineData(0.3), InlineData(1), InlineData(4)]
    public void Measure_Discs_IsTheFormulaOfBalls(double radius)
    {
        // Balls of two dimensions, of this radius beside the distance of their centre: circles of 64 points, and their mirror images.
        var angles = arange(64, dtype: float64) * tensor(2 * Math.PI / 64);
        var circle = stack([ones_like(angles), radius * angles.cos(), radius * angles.sin()], 1);

        var capacity = ManifoldCapacity.Measure(
            cat([circle, -circle]), arange(2, dtype: int64).repeat_interleave(64), pointsPerClass: 64, directions: 1000);

        Check(capacity, InverseOfBall(radius));
    }

    [Fact]
    public void Measure_PointWithinTheCone_ChangesNothing()
    {
        var corners = eye(3, dtype: float64);
        var (few, more) = (cat([corners, -corners]), cat([corners, corners.mean([0], keepdim: true), -corners, -corners.mean([0], keepdim: true)]));

        var expected = ManifoldCapacity.Measure(few, arange(2, dtype: int64).repeat_interleave(3), seed: 5);
        var capacity = ManifoldCapacity.Measure(more, arange(2, dtype: int64).repeat_interleave(4), seed: 5);

        capacity.Capacity.Should().BeApproximately(expected.Capacity, 1e-6);
    }

    [Fact]
    public void Measure_RandomPointsOfManyDimensions_AreNearlyPerpendicular()
    {
        var capacity = ManifoldCapacity.Measure(RandomEmbeddings(1, 80, 4000)[0], arange(80, dtype: int64) % 10, directions: 400);
        (1 / capacity.Capacity).Should().BeApproximately(4, 0.25, "eight points a class");
    }

    [Fact]
    public void Measure_ManyImages_DrawsSomeBySeed()
    {
        var (features, labels) = (RandomEmbeddings(1, 60, 8)[0], arange(60, dtype: int64) % 2);
        var capacity = ManifoldCapacity.Measure(features, labels, pointsPerClass: 5, seed: 1);
        ManifoldCapacity.Measure(features, labels, pointsPerClass: 5, seed: 1).Capacity.Should().Be(capacity.Capacity);
        ManifoldCapacity.Measure(features, labels, pointsPerClass: 5, seed: 2).Capacity.Should().NotBe(capacity.Capacity);
        ManifoldCapacity.Measure(features, labels, pointsPerClass: 30, seed: 1).Capacity.Should().BeLessThan(capacity.Capacity);
    }

    [Fact]
    public void Measure_OneClassOrNoNumbers_IsRefused()
    {
        FluentActions.Invoking(() => ManifoldCapacity.Measure(RandomEmbeddings(1, 6, 3)[0], zeros(6, dtype: int64)))
            .Should().Throw<ArgumentException>().WithParameterName("features").WithMessage("*two classes*");
        FluentActions.Invoking(() => ManifoldCapacity.Measure(full([4, 2], double.NaN, dtype: float64), arange(4, dtype: int64)))
            .Should().Throw<ArgumentException>().WithMessage("*NaN*");
    }

    private static void Check(ManifoldCapacity capacity, double inverse)
    {
        capacity.StandardError.Should().BeLessThan(0.05 / inverse);
        capacity.Capacity.Should().BeApproximately(1 / inverse, 4 * capacity.StandardError);
    }

    /// <summary>
    /// The mean squared projection of (t0, t) onto the cone of half-angle arctan R about the first axis, with norm(t) Rayleigh: all of it
    /// within the cone, none in the polar cone, else that onto the nearest edge. The formula of balls at margin 0 in the paper.
    /// </summary>
    private static double InverseOfBall(double radius)
    {
        const double Step = 0.005;
        var (sine, cosine) = (radius / Math.Sqrt(1 + radius * radius), 1 / Math.Sqrt(1 + radius * radius));
        var sum = 0.0;
        for (double along = -8; along < 8; along += Step)
        {
            for (double across = Step / 2; across < 8; across += Step)
            {
                var edge = along * cosine + across * sine;
                var squared = across <= radius * along ? along * along + across * across : edge > 0 ? edge * edge : 0;
                sum += squared * across * Math.Exp(-(along * along + across * across) / 2);
            }
        }

        return sum * Step * Step / Math.Sqrt(2 * Math.PI);
    }
}
