using Clamp.Losses.Geometry;

namespace Clamp.Losses.Tests.Geometry;

public sealed class PackingFractionTests
{
    [Theory, InlineData(0.01), InlineData(0.3), InlineData(0.9), InlineData(0.97), InlineData(1)]
    public void Log_OfOneCap_IsItsShareOfCircleAndSphere(double radius)
    {
        PackingFraction.Log([radius], 1, 2).Should().BeApproximately(Math.Log(Math.Asin(radius) / Math.PI), 1e-12);
        PackingFraction.Log([radius], 1, 3).Should().BeApproximately(Math.Log((1 - Math.Sqrt(1 - radius * radius)) / 2), 1e-9);
    }

    [Theory, InlineData(0.94, 512), InlineData(0.96, 512), InlineData(0.5, 257)]
    public void Log_ManyDimensions_IsTheIntegral(double radius, int width)
    {
        // The integral of sin^(D-2) by Simpson's rule, scaled by its largest value within the cap.
        var angle = Math.Asin(radius);
        double Integral(double to) => Simpson(theta => Math.Exp((width - 2) * (Math.Log(Math.Sin(theta)) - Math.Log(radius))), to);
        var expected = Math.Log(Integral(angle)) - Math.Log(Simpson(theta => Math.Pow(Math.Sin(theta), width - 2), Math.PI))
            + (width - 2) * Math.Log(radius);

        PackingFraction.Log([radius], 1, width).Should().BeApproximately(expected, 1e-6);
    }

    [Fact]
    public void Log_SeveralBalls_AddsTheirSharesAndLimitsTheirRadii()
    {
        PackingFraction.Log([0.5, 0.3, 2], 0.7, 2).Should()
            .BeApproximately(Math.Log((Math.Asin(0.5) + Math.Asin(0.3) + Math.Asin(0.7)) / Math.PI), 1e-12);
        PackingFraction.Log([0, 0], 1, 4).Should().Be(double.NegativeInfinity);
        PackingFraction.Log([0.1, 0.2], 1, 1).Should().BeApproximately(0, 1e-12, "of the two points each is half");
    }

    private static double Simpson(Func<double, double> function, double to)
    {
        const int Steps = 200_000;
        var step = to / Steps;
        return Enumerable.Range(0, Steps + 1).Sum(i =>
            function(Math.Max(1e-300, i * step)) * (i is 0 or Steps ? 1 : i % 2 == 1 ? 4 : 2)) * step / 3;
    }
}
