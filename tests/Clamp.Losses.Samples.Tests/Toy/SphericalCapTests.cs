using System.Numerics;
using Clamp.Losses.Samples.Toy;

namespace Clamp.Losses.Samples.Tests.Toy;

public sealed class SphericalCapTests
{
    [Theory]
    [InlineData(0.9f, 0.4)]
    [InlineData(0.5f, 0.8)]
    [InlineData(0.2f, 1.1)]
    public void Of_CentroidWithinTheSphere_HasItsEdgeAtTheRadius(float norm, double radius)
    {
        var centroid = norm * Vector3.Normalize(new Vector3(1, 2, 3));

        var cap = SphericalCap.Of(centroid, radius);

        var aside = Vector3.Normalize(Vector3.Cross(cap.Axis, Vector3.UnitX));
        var edge = cap.Axis * (float)cap.Cosine + aside * (float)Math.Sqrt(1 - cap.Cosine * cap.Cosine);
        edge.Length().Should().BeApproximately(1, 1e-5f);
        Vector3.Distance(edge, centroid).Should().BeApproximately((float)radius, 1e-5f);
    }

    [Fact]
    public void Of_RadiusThatDoesNotReachTheSphere_CoversNothing() =>
        SphericalCap.Of(new Vector3(0.5f, 0, 0), 0.4).Cosine.Should().BeGreaterThan(1);

    [Fact]
    public void Of_RadiusBeyondTheSphere_CoversAll() =>
        SphericalCap.Of(new Vector3(0.5f, 0, 0), 1.6).Cosine.Should().BeLessThan(-1);
}
