using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// A batch's geometry by the definitions of the figures in arXiv:2506.13717, which are not those of its loss: only these may be laid over
/// the curves in print.
/// </summary>
/// <param name="Neighbours">The mean number of other sub-manifolds whose centroid is nearer than 0.99 r_s (r_i + r_j), without a limit d_max.</param>
/// <param name="Radius">The mean radius, without r_s, and with V in place of V - 1.</param>
public sealed record PaperFigures(double Neighbours, double Radius)
{
    private const double Reach = 0.99;

    /// <summary>Takes the figures from a measurement.</summary>
    /// <param name="geometry">The geometry of a batch.</param>
    /// <param name="views">V, at least 2.</param>
    /// <param name="radiusScale">The r_s that the geometry was measured with, above 0.</param>
    /// <returns>The figures.</returns>
    public static PaperFigures Of(SubManifoldGeometry geometry, int views, double radiusScale)
    {
        ArgumentNullException.ThrowIfNull(geometry);
        ArgumentOutOfRangeException.ThrowIfLessThan(views, 2);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(radiusScale);
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        var centroids = geometry.Centroids.to(ScalarType.Float64);
        var radii = geometry.Radii.to(ScalarType.Float64) * KeptScalars.Of(Math.Sqrt((views - 1.0) / views) / radiusScale);
        var near = cdist(centroids, centroids) < KeptScalars.Of(Reach * radiusScale) * radii.unsqueeze(0).add(radii.unsqueeze(1), KeptScalars.One);
        var others = near.triu(1).sum().item<long>() * 2;
        return new PaperFigures(others / (double)radii.shape[0], radii.mean().item<double>());
    }
}
