using Clamp.Losses.Distributed;
using Clamp.Losses.Tensors;
using static TorchSharp.torch;

namespace Clamp.Losses.Packing.Composite;

/// <summary>
/// The images of a batch as blobs on the unit sphere, in float64: mu must be more precise than float32 where embeddings sit far from
/// the origin, and distances from a Gram matrix need it where centroids nearly coincide.
/// </summary>
/// <param name="Centroids">c, the means over views, [B, D].</param>
/// <param name="Radii">r, [B].</param>
/// <param name="AllCentroids">c of the images of all processes.</param>
/// <param name="AllRadii">r of the images of all processes.</param>
/// <param name="FirstImage">Where the first image stands among all.</param>
internal sealed record SubManifolds(
    Tensor Centroids, Tensor Radii, Tensor AllCentroids, Tensor AllRadii, long FirstImage)
{
    /// <summary>Centres and normalises embeddings and measures each image's centroid and radius.</summary>
    /// <param name="embeddings">z, [V, B, D], any floating dtype.</param>
    /// <param name="radiusScale">r_s.</param>
    /// <param name="part">Which images of all these are.</param>
    public static SubManifolds Of(Tensor embeddings, double radiusScale, BatchPart part)
    {
        var (centroids, radii) = BallsOf(PointsOf(embeddings.to(float64) - Mean(embeddings, part)), radiusScale);
        return Of(centroids, radii, part);
    }

    /// <summary>These images among those of all processes.</summary>
    /// <param name="centroids">c.</param>
    /// <param name="radii">r.</param>
    /// <param name="part">Which images of all these are.</param>
    public static SubManifolds Of(Tensor centroids, Tensor radii, BatchPart part) =>
        new(centroids, radii, OfAll(centroids, part), OfAll(radii, part), part.FirstImage);

    /// <summary>Some of the images, which still meet all others.</summary>
    /// <param name="first">The first.</param>
    /// <param name="count">How many.</param>
    public SubManifolds Rows(long first, long count) => this with
    {
        Centroids = Centroids.narrow(0, first, count),
        Radii = Radii.narrow(0, first, count),
        FirstImage = FirstImage + first,
    };

    /// <summary>d_ij = sqrt(norm(c_i - c_j)^2 + 1e-12) between these and all images, [B, all].</summary>
    public Tensor Distances()
    {
        var products = Centroids.mm(AllCentroids.t());
        var squaredNorms = SquaredNorms(Centroids).unsqueeze(1).add(SquaredNorms(AllCentroids).unsqueeze(0), KeptScalars.One);
        return (squaredNorms - KeptScalars.Of(2) * products).add(KeptScalars.Of(Floors.SquaredDistance), KeptScalars.One).sqrt();
    }

    /// <summary>s_ij = min(r_i + r_j + 1e-6, d_max) between these and all images, [B, all].</summary>
    /// <param name="maxContactDistance">d_max.</param>
    public Tensor Reaches(double maxContactDistance) =>
        Radii.unsqueeze(1).add(AllRadii.unsqueeze(0), KeptScalars.One).add(KeptScalars.Of(Floors.Reach), KeptScalars.One)
            .clamp_max(KeptScalars.Of(maxContactDistance));

    /// <summary>mu, [D], float64.</summary>
    /// <param name="embeddings">z, [V, B, D].</param>
    /// <param name="part">Which images of all these are.</param>
    public static Tensor Mean(Tensor embeddings, BatchPart part)
    {
        var sum = Collective.Share(Collective.Sum(embeddings.to(float64).sum([0, 1]), part.Group), part.Group);
        return sum / KeptScalars.Of(embeddings.shape[0] * part.AllImages);
    }

    /// <summary>p, the views on the unit sphere, [V, B, D].</summary>
    /// <param name="centred">x = z - mu, float64.</param>
    public static Tensor PointsOf(Tensor centred)
    {
        var norms = centred.norm(dim: -1, keepdim: true, p: 2).clamp_min(KeptScalars.Of(Floors.Norm));

        // A norm that overflowed would put the view at the origin: say NaN, not a healthy number.
        return centred / norms.masked_fill(norms.isinf(), KeptScalars.Of(double.NaN));
    }

    /// <summary>c, the means over views, and r.</summary>
    /// <param name="points">p.</param>
    /// <param name="radiusScale">r_s.</param>
    public static (Tensor Centroids, Tensor Radii) BallsOf(Tensor points, double radiusScale)
    {
        var (views, width) = (points.shape[0], points.shape[2]);
        var centroids = points.mean([0]);
        var spreads = (points - centroids).pow(KeptScalars.Of(2)).sum([0, 2]) / KeptScalars.Of(views - 1);
        var squaredRadii = (spreads / KeptScalars.Of(Math.Min(width, views))).add(KeptScalars.Of(Floors.SquaredRadius), KeptScalars.One);
        return (centroids, KeptScalars.Of(radiusScale) * squaredRadii.sqrt());
    }

    private static Tensor SquaredNorms(Tensor centroids) => centroids.pow(KeptScalars.Of(2)).sum([1]);

    private static Tensor OfAll(Tensor own, BatchPart part) =>
        Collective.Share(Collective.Gather(own, part.Group, part.FirstImage), part.Group);
}
