using Clamp.Losses.Tensors;
using static TorchSharp.torch;

namespace Clamp.Losses.Geometry;

/// <summary>In how many directions centroids [B, D], float64, spread.</summary>
internal static class CentroidSpectrum
{
    /// <summary>
    /// The participation ratio of the principal variances. Their sum is the trace, and the sum of their squares that of the numbers of the
    /// product, so that nothing need be diagonalised.
    /// </summary>
    /// <param name="centroids">c.</param>
    /// <returns>A scalar; 0 when the centroids coincide.</returns>
    public static Tensor ParticipationRatio(Tensor centroids)
    {
        using var scope = NewDisposeScope();
        var product = Product(centroids);
        var trace = product.diagonal().sum();
        var ratio = trace * trace / (product * product).sum();
        return ratio.masked_fill(trace == KeptScalars.Of(0), KeptScalars.Of(0)).MoveToOuterDisposeScope();
    }

    /// <summary>See <see cref="SubManifoldGeometry.EffectiveRank"/>.</summary>
    /// <param name="centroids">c.</param>
    public static double EffectiveRank(Tensor centroids)
    {
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        return Spectrum.EffectiveRank(linalg.eigvalsh(Product(centroids)).clamp_min(KeptScalars.Of(0)));
    }

    /// <summary>The non-zero eigenvalues of both products agree: the smaller one.</summary>
    private static Tensor Product(Tensor centroids)
    {
        var centred = centroids - centroids.mean([0]);
        return centroids.shape[0] <= centroids.shape[1] ? centred.mm(centred.t()) : centred.t().mm(centred);
    }
}
