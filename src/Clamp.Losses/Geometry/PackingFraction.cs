namespace Clamp.Losses.Geometry;

/// <summary>
/// How much of the unit sphere S^(D-1) sub-manifolds would cover as spherical caps. Balls of equal radius r about centres on the sphere
/// touch when their distance is 2 r, that is where caps of half-angle asin r touch, so that such a cap stands for a ball. Its share of the
/// sphere is I(r^2; (D-1)/2, 1/2) / 2, a regularised incomplete beta function (Li 2011, "Concise formulas for the area and volume of a
/// hyperspherical cap"), which underflows in many dimensions: logarithms throughout.
/// </summary>
internal static class PackingFraction
{
    private const double Negligible = 1e-17;

    /// <summary>ln of the sum over images of the shares of their caps.</summary>
    /// <param name="radii">r.</param>
    /// <param name="largest">The radius that a ball counts with at most.</param>
    /// <param name="width">D, at least 1.</param>
    public static double Log(double[] radii, double largest, long width)
    {
        var logBeta = LogBeta(width - 1);
        var logs = Array.ConvertAll(radii, radius => LogShare(Math.Min(1, Math.Min(radius, largest)), width, logBeta));
        var most = logs.Max();
        return double.IsNegativeInfinity(most) ? most : most + Math.Log(logs.Sum(log => Math.Exp(log - most)));
    }

    /// <summary>ln (I(r^2; (D-1)/2, 1/2) / 2).</summary>
    private static double LogShare(double radius, long width, double logBeta)
    {
        // Of one dimension there are two points, each a half.
        var (a, x) = ((width - 1) / 2.0, radius * radius);
        if (width == 1 || x >= 1)
        {
            return -Math.Log(2);
        }

        // Up to about its mean the function is not near 1, where only its complement would be precise.
        if (x <= 0.9 || x <= a / (a + 0.5))
        {
            return a * Math.Log(x) + Math.Log(1 - x) / 2 - Math.Log(a) - logBeta + Math.Log(Series(a + 0.5, a + 1, x)) - Math.Log(2);
        }

        var complement = Math.Exp(a * Math.Log(x) + Math.Log(1 - x) / 2 + Math.Log(2) - logBeta + Math.Log(Series(a + 0.5, 1.5, 1 - x)));
        return Math.Log(1 - complement) - Math.Log(2);
    }

    /// <summary>1 + (p/q) x + (p/q) ((p+1)/(q+1)) x^2 + ..., all terms positive.</summary>
    private static double Series(double p, double q, double x)
    {
        var (sum, term) = (1.0, 1.0);
        for (int n = 0; term > Negligible * sum; n++)
        {
            term *= (p + n) / (q + n) * x;
            sum += term;
        }

        return sum;
    }

    /// <summary>ln B(n/2, 1/2), from B(1/2, 1/2) = pi or B(1, 1/2) = 2 up by B(a + 1, 1/2) = B(a, 1/2) a / (a + 1/2).</summary>
    private static double LogBeta(long n)
    {
        var log = n % 2 == 1 ? Math.Log(Math.PI) : Math.Log(2);
        for (long twice = n % 2 == 1 ? 1 : 2; twice < n; twice += 2)
        {
            log += Math.Log(twice / (twice + 1.0));
        }

        return log;
    }
}
