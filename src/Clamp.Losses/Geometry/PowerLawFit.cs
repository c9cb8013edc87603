using System.Globalization;

namespace Clamp.Losses;

/// <summary>
/// The power law a * n^(-exponent) through eigenvalues of ranks n, by least squares of their logarithms: each rank counts alike, so that
/// the many high ranks weigh most, as in Stringer et al. 2019 (doi:10.1038/s41586-019-1346-5).
/// </summary>
/// <param name="FirstRank">The first rank of the fit, from 1.</param>
/// <param name="LastRank">The last rank of the fit.</param>
/// <param name="Exponent">How fast the spectrum falls; NaN with fewer than three ranks.</param>
/// <param name="Factor">a, in the unit of the eigenvalues.</param>
/// <param name="RSquared">The share of the variance of the logarithms that the line explains, 0 to 1: is it a power law at all?</param>
public readonly record struct PowerLawFit(int FirstRank, int LastRank, double Exponent, double Factor, double RSquared)
{
    private const int FewestRanks = 3;

    /// <summary>Fits the eigenvalues of the given ranks.</summary>
    /// <param name="eigenvalues">Descending; those of the given ranks are above 0.</param>
    /// <param name="firstRank">The first rank, from 1.</param>
    /// <param name="lastRank">The last rank, at most the number of eigenvalues; less than three ranks have no fit.</param>
    /// <returns>The fit.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="eigenvalues"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A rank lies outside the spectrum.</exception>
    public static PowerLawFit Of(IReadOnlyList<double> eigenvalues, int firstRank, int lastRank)
    {
        ArgumentNullException.ThrowIfNull(eigenvalues);
        ArgumentOutOfRangeException.ThrowIfLessThan(firstRank, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lastRank, eigenvalues.Count);
        if (lastRank - firstRank + 1 < FewestRanks)
        {
            return new PowerLawFit(firstRank, lastRank, double.NaN, double.NaN, double.NaN);
        }

        var ranks = Enumerable.Range(firstRank, lastRank - firstRank + 1).ToArray();
        var (x, y) = (Array.ConvertAll(ranks, rank => Math.Log(rank)), Array.ConvertAll(ranks, rank => Math.Log(eigenvalues[rank - 1])));
        var (meanX, meanY) = (x.Average(), y.Average());
        var varianceX = x.Sum(value => Math.Pow(value - meanX, 2));
        var varianceY = y.Sum(value => Math.Pow(value - meanY, 2));
        var covariance = x.Zip(y, (a, b) => (a - meanX) * (b - meanY)).Sum();
        var slope = covariance / varianceX;
        return new PowerLawFit(
            firstRank, lastRank, -slope, Math.Exp(meanY - slope * meanX), varianceY == 0 ? 1 : covariance * covariance / (varianceX * varianceY));
    }

    /// <summary>The exponent and the ranks, the same in every culture.</summary>
    /// <returns>For example "exponent 1.02 over ranks 11 to 500 (R^2 0.99)".</returns>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"exponent {Exponent:0.00} over ranks {FirstRank} to {LastRank} (R^2 {RSquared:0.00})");
}
