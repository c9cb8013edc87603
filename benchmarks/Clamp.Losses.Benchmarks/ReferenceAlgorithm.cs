using static TorchSharp.torch;

namespace Clamp.Losses.Benchmarks;

/// <summary>The loss in plain torch operations, float32 and autograd, transcribed from its formulas in two ways.</summary>
public static class ReferenceAlgorithm
{
    private const double MinSeparation = 1e-3;
    private const double MaxContactDistance = 1.5;

    /// <summary>The algorithm of the paper's own code: a [B, B, D] tensor of all differences of centroids.</summary>
    /// <param name="embeddings">z, [V, B, D].</param>
    /// <param name="radiusScale">r_s.</param>
    public static Tensor ByDifferences(Tensor embeddings, double radiusScale)
    {
        var (centroids, radii) = SubManifolds(embeddings, radiusScale);
        var differences = centroids.unsqueeze(1) - centroids.unsqueeze(0);
        return Loss((differences.square().sum(-1) + 1e-12).sqrt(), radii);
    }

    /// <summary>What a user would write by hand: distances from the Gram matrix, which loses those of close centroids.</summary>
    /// <param name="embeddings">z, [V, B, D].</param>
    /// <param name="radiusScale">r_s.</param>
    public static Tensor ByGramMatrix(Tensor embeddings, double radiusScale)
    {
        var (centroids, radii) = SubManifolds(embeddings, radiusScale);
        var squaredNorms = centroids.square().sum(1);
        var squaredDistances = squaredNorms.unsqueeze(1) + squaredNorms.unsqueeze(0) - 2 * centroids.mm(centroids.t());
        return Loss((squaredDistances.clamp_min(0) + 1e-12).sqrt(), radii);
    }

    private static (Tensor Centroids, Tensor Radii) SubManifolds(Tensor embeddings, double radiusScale)
    {
        var points = OnUnitSphere(embeddings - embeddings.mean([0, 1], keepdim: true));
        var centroids = points.mean([0]);
        return (centroids, Radii(points, centroids, radiusScale));
    }

    /// <summary>log(E + 1e-6) with alpha = 2, w_rep = 1 and w_size = 0.</summary>
    private static Tensor Loss(Tensor distances, Tensor radii)
    {
        var reaches = (radii.unsqueeze(1) + radii.unsqueeze(0) + 1e-6).clamp_max(MaxContactDistance);
        var contacts = (distances < reaches).logical_and(distances > MinSeparation).triu(1);
        var energy = ((1 - distances / reaches).square() * contacts).sum();
        return (energy + 1e-6).log();
    }

    private static Tensor OnUnitSphere(Tensor centred) => centred / centred.norm(dim: -1, keepdim: true, p: 2).clamp_min(1e-12);

    private static Tensor Radii(Tensor points, Tensor centroids, double radiusScale)
    {
        var (views, width) = (points.shape[0], points.shape[2]);
        var spreads = (points - centroids).square().sum([0, 2]) / (views - 1);
        return radiusScale * (spreads / Math.Min(width, views) + 1e-12).sqrt();
    }
}
