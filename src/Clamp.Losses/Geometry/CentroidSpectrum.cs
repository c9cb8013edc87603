using Clamp.Losses.Packing.Composite;
using static TorchSharp.torch;

namespace Clamp.Losses.Geometry;

/// <summary>In how many directions the centroids spread, read off their principal variances.</summary>
/// <param name="ParticipationRatio">See <see cref="SubManifoldGeometry.ParticipationRatio"/>.</param>
/// <param name="SingularValueSpread">See <see cref="SubManifoldGeometry.SingularValueSpread"/>.</param>
internal readonly record struct CentroidSpectrum(double ParticipationRatio, double SingularValueSpread)
{
    /// <summary>Measures centroids [B, D], float64.</summary>
    /// <param name="centroids">c.</param>
    public static CentroidSpectrum Of(Tensor centroids)
    {
        using var scope = NewDisposeScope();
        var (images, width) = (centroids.shape[0], centroids.shape[1]);
        var centred = centroids - centroids.mean([0]);

        // The non-zero eigenvalues of both products agree: take the smaller matrix.
        var product = images <= width ? centred.mm(centred.t()) : centred.t().mm(centred);
        var variances = linalg.eigvalsh(product).clamp_min(KeptScalars.Of(0));
        return new CentroidSpectrum(Spectrum.ParticipationRatio(variances), Spectrum.EffectiveRank(variances) / Math.Min(images - 1, width));
    }
}
