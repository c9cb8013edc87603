using Clamp.Losses.Tensors;
using static TorchSharp.torch;

namespace Clamp.Losses.Geometry;

/// <summary>Figures of principal variances, float64 and not negative, in any order.</summary>
internal static class Spectrum
{
    /// <summary>Beside a squared mean, this little variance is what the rounding of the mean leaves of rows that are equal.</summary>
    public const double RoundingVariance = 1e-28;

    /// <summary>(sum of v)^2 / sum of v^2: how many directions share the variance; 0 when there is none.</summary>
    /// <param name="variances">v.</param>
    public static double ParticipationRatio(Tensor variances)
    {
        using var scope = NewDisposeScope();
        var total = variances.sum().item<double>();
        return total == 0 ? 0 : total * total / variances.pow(KeptScalars.Of(2)).sum().item<double>();
    }

    /// <summary>exp of the entropy of the normalised singular values, the roots of the variances; 0 when there are none.</summary>
    /// <param name="variances">v.</param>
    public static double EffectiveRank(Tensor variances)
    {
        using var scope = NewDisposeScope();
        var singularValues = variances.sqrt();
        var total = singularValues.sum();
        var shares = singularValues / total;
        return total.item<double>() == 0 ? 0 : Math.Exp(-shares.xlogy(shares).sum().item<double>());
    }
}
