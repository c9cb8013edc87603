using Clamp.Losses.Tensors;
using static TorchSharp.torch;

namespace Clamp.Losses.Geometry;

/// <summary>Where each image's views lie and how they are oriented, to be compared in pairs.</summary>
/// <param name="Centroids">c, the mean of the views, [N, F], float64.</param>
/// <param name="Directions">u, the leading eigenvector of the views' covariance, a unit vector, [N, F], float64; NaN where all views agree.</param>
internal sealed record ViewDirections(Tensor Centroids, Tensor Directions) : IDisposable
{
    // Images, and pairs, are worked on a block at a time: 32 MB in float64.
    private const long NumbersOfBlock = 1 << 22;

    /// <summary>Measures images.</summary>
    /// <param name="views">[V, N, F].</param>
    /// <exception cref="ArgumentException">The views hold NaN or infinity.</exception>
    public static ViewDirections Of(Tensor views)
    {
        using var scope = NewDisposeScope();
        var (count, images, width) = (views.shape[0], views.shape[1], views.shape[2]);
        var centroids = empty([images, width], float64, views.device);
        var directions = empty_like(centroids);
        var block = Math.Max(1, NumbersOfBlock / (count * width));
        for (long first = 0; first < images; first += block)
        {
            using var blockScope = NewDisposeScope();
            var size = Math.Min(block, images - first);
            var own = views.narrow(1, first, size).to(float64).transpose(0, 1);
            if (!own.isfinite().all().item<bool>())
            {
                throw new ArgumentException("The views hold NaN or infinity.", nameof(views));
            }

            var means = own.mean([1]);
            centroids.narrow(0, first, size).copy_(means);
            directions.narrow(0, first, size).copy_(Leading(own - means.unsqueeze(1), means));
        }

        scope.MoveToOuter(centroids, directions);
        return new ViewDirections(centroids, directions);
    }

    /// <summary>Compares the images of pairs.</summary>
    /// <param name="pairs">Which pairs there are.</param>
    /// <param name="most">How many of them at most.</param>
    /// <param name="random">Draws them.</param>
    public PairSimilarities Compare(LabelPairs pairs, int most, Random random)
    {
        var (distances, cosines, orientations) = (new List<double>(), new List<double>(), new List<double>());
        foreach (var block in pairs.Take(most, random).Chunk((int)Math.Max(1, NumbersOfBlock / Centroids.shape[1])))
        {
            using var scope = NewDisposeScope();
            var first = tensor(Array.ConvertAll(block, pair => pair.First), device: Centroids.device);
            var second = tensor(Array.ConvertAll(block, pair => pair.Second), device: Centroids.device);
            var (one, two) = (Centroids.index_select(0, first), Centroids.index_select(0, second));
            distances.AddRange(TensorMemory.Doubles((one - two).norm(dim: 1, p: 2)));
            cosines.AddRange(TensorMemory.Doubles(Products(one, two) / (one.norm(dim: 1, p: 2) * two.norm(dim: 1, p: 2))));
            var aligned = Products(Directions.index_select(0, first), Directions.index_select(0, second));
            orientations.AddRange(TensorMemory.Doubles(aligned.pow(KeptScalars.Of(2))).Where(double.IsFinite));
        }

        return new PairSimilarities(pairs.Count, distances, cosines, orientations);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Centroids.Dispose();
        Directions.Dispose();
    }

    private static Tensor Products(Tensor one, Tensor two) => (one * two).sum([1]);

    /// <summary>The leading eigenvector of each covariance, by way of the smaller products of views with views, [n, V, V].</summary>
    private static Tensor Leading(Tensor deviations, Tensor means)
    {
        var (_, vectors) = linalg.eigh(deviations.bmm(deviations.transpose(1, 2)));
        var combined = vectors.narrow(2, vectors.shape[2] - 1, 1).transpose(1, 2).bmm(deviations).squeeze(1);
        var variances = deviations.pow(KeptScalars.Of(2)).sum([1, 2]) / KeptScalars.Of(deviations.shape[1]);
        var isRounding = variances <= KeptScalars.Of(Spectrum.RoundingVariance) * means.pow(KeptScalars.Of(2)).sum([1]);
        return (combined / combined.norm(dim: 1, keepdim: true, p: 2)).masked_fill(isRounding.unsqueeze(1), KeptScalars.Of(double.NaN));
    }
}
