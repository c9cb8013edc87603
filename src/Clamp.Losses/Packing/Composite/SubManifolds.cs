using static TorchSharp.torch;

namespace Clamp.Losses.Packing.Composite;

/// <summary>
/// The images of a batch as blobs on the unit sphere, in float64: mu must be more precise than float32 where embeddings sit far from
/// the origin, and distances from a Gram matrix need it where centroids nearly coincide.
/// </summary>
/// <param name="Points">p, the views on the unit sphere, [V, B, D].</param>
/// <param name="Centroids">c, the means over views, [B, D].</param>
/// <param name="Radii">r, [B].</param>
internal sealed record SubManifolds(Tensor Points, Tensor Centroids, Tensor Radii)
{
    /// <summary>Centres and normalises embeddings and measures each image's centroid and radius.</summary>
    /// <param name="embeddings">z, [V, B, D], any floating dtype.</param>
    /// <param name="radiusScale">r_s.</param>
    public static SubManifolds Of(Tensor embeddings, double radiusScale)
    {
        var points = OnUnitSphere(Centred(embeddings));
        var centroids = points.mean([0]);
        return new SubManifolds(points, centroids, RadiiOf(points, centroids, radiusScale));
    }

    /// <summary>d_ij = sqrt(norm(c_i - c_j)^2 + 1e-12) for all pairs, [B, B].</summary>
    public Tensor Distances()
    {
        var squaredNorms = Centroids.pow(KeptScalars.Of(2)).sum([1]);
        var squaredDistances = squaredNorms.unsqueeze(1).add(squaredNorms.unsqueeze(0), KeptScalars.One) - KeptScalars.Of(2) * Centroids.mm(Centroids.t());
        return squaredDistances.add(KeptScalars.Of(Floors.SquaredDistance), KeptScalars.One).sqrt();
    }

    /// <summary>s_ij = min(r_i + r_j + 1e-6, d_max) for all pairs, [B, B].</summary>
    /// <param name="maxContactDistance">d_max.</param>
    public Tensor Reaches(double maxContactDistance) =>
        Radii.unsqueeze(1).add(Radii.unsqueeze(0), KeptScalars.One).add(KeptScalars.Of(Floors.Reach), KeptScalars.One)
            .clamp_max(KeptScalars.Of(maxContactDistance));

    private static Tensor Centred(Tensor embeddings)
    {
        var precise = embeddings.to(float64);
        return precise - precise.mean([0, 1]);
    }

    private static Tensor OnUnitSphere(Tensor centred)
    {
        var norms = centred.norm(dim: -1, keepdim: true, p: 2).clamp_min(KeptScalars.Of(Floors.Norm));

        // A norm that overflowed would put the view at the origin: say NaN, not a healthy number.
        return centred / norms.masked_fill(norms.isinf(), KeptScalars.Of(double.NaN));
    }

    private static Tensor RadiiOf(Tensor points, Tensor centroids, double radiusScale)
    {
        var (views, width) = (points.shape[0], points.shape[2]);
        var spreads = (points - centroids).pow(KeptScalars.Of(2)).sum([0, 2]) / KeptScalars.Of(views - 1);
        return KeptScalars.Of(radiusScale) * (spreads / KeptScalars.Of(Math.Min(width, views))).add(KeptScalars.Of(Floors.SquaredRadius), KeptScalars.One).sqrt();
    }
}
