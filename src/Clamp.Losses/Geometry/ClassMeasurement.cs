using Clamp.Losses.Tensors;
using static TorchSharp.torch;

namespace Clamp.Losses.Geometry;

/// <summary>Measures a <see cref="ClassGeometry"/>, one class after the other: features are read in blocks, and products are [F, F].</summary>
internal static class ClassMeasurement
{
    private const int FirstRank = 11;
    private const int LastRank = 500;
    private const double LeastEigenvalue = 1e-10;

    // Features are read a block at a time: 32 MB in float64.
    private const long NumbersOfBlock = 1 << 22;

    /// <summary>Measures features without recording a graph.</summary>
    /// <param name="features">[N, F], any floating dtype.</param>
    /// <param name="order">The classes of the rows.</param>
    public static ClassGeometry Of(Tensor features, LabelOrder order)
    {
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        var (classes, width) = (order.Classes, features.shape[1]);
        var centroids = empty([classes.Count, width], float64, features.device);
        var scatter = zeros([width, width], float64, features.device);
        var clouds = classes.Select((run, k) => CloudOf(features, order.ImagesOf(run), centroids[k], scatter)).ToArray();

        var offsets = centroids - centroids.mean([0]);
        var squaredOffsets = SquaredNorms(offsets);
        var isCentral = squaredOffsets <= KeptScalars.Of(Spectrum.RoundingVariance) * SquaredNorms(centroids);
        offsets = offsets.masked_fill(isCentral.unsqueeze(1), KeptScalars.Of(double.NaN));
        var distances = TensorMemory.Doubles(offsets.norm(dim: 1, p: 2));
        var directions = offsets / offsets.norm(dim: 1, keepdim: true, p: 2);
        var correlations = directions.mm(directions.t());
        var manifolds = classes.Select((run, k) =>
            new ClassManifold(run.Label, run.Count, Math.Sqrt(clouds[k].Variance) / distances[k], clouds[k].Dimension)).ToArray();

        var (mean, covariance) = MomentsOf(centroids, scatter, classes);
        scatter.Dispose();
        var isFinite = clouds.All(cloud => double.IsFinite(cloud.Variance)) && covariance.isfinite().all().item<bool>();
        var variances = isFinite ? PrincipalVariances(covariance) : full([width], double.NaN, float64, features.device);
        var eigenvalues = TensorMemory.Doubles(variances);
        scope.MoveToOuter(centroids, correlations);
        if (!isFinite)
        {
            return new ClassGeometry(centroids, correlations, manifolds, eigenvalues);
        }

        var (between, within) = (squaredOffsets.mean().item<double>(), clouds.Average(cloud => cloud.Variance));
        var ranks = eigenvalues.Take(LastRank).Count(value => value > LeastEigenvalue * eigenvalues[0]);
        return new ClassGeometry(centroids, correlations, manifolds, eigenvalues)
        {
            MeanRadius = manifolds.Average(manifold => manifold.Radius),
            MeanDimension = manifolds.Average(manifold => manifold.Dimension),
            MeanCentroidCorrelation = (correlations.abs().sum() - correlations.diagonal().abs().sum()).item<double>() / (classes.Count * (classes.Count - 1.0)),
            SeparationIndex = between + within == 0 ? 0 : between / (between + within),
            ParticipationRatio = Spectrum.ParticipationRatio(variances),
            EffectiveRank = Spectrum.EffectiveRank(PrincipalVariances(covariance.add(mean.outer(mean), KeptScalars.One))),
            PowerLaw = PowerLawFit.Of(eigenvalues, FirstRank, ranks),
        };
    }

    /// <summary>tr S and (tr S)^2 / tr S^2 of one class; writes its centroid and adds n S to the scatter.</summary>
    private static (double Variance, double Dimension) CloudOf(Tensor features, long[] images, Tensor centroid, Tensor scatter)
    {
        using var scope = NewDisposeScope();
        var blocks = images.Chunk((int)Math.Clamp(NumbersOfBlock / features.shape[1], 1, images.Length)).ToArray();
        centroid.zero_();
        foreach (var block in blocks)
        {
            using var blockScope = NewDisposeScope();
            centroid.add_(RowsOf(features, block).sum([0]), KeptScalars.One);
        }

        centroid.div_(KeptScalars.Of(images.Length));
        var own = zeros_like(scatter);
        foreach (var block in blocks)
        {
            using var blockScope = NewDisposeScope();
            var deviations = RowsOf(features, block) - centroid;
            own.add_(deviations.t().mm(deviations), KeptScalars.One);
        }

        var trace = own.diagonal().sum().item<double>();
        if (trace / images.Length <= Spectrum.RoundingVariance * SquaredNorms(centroid.unsqueeze(0)).item<double>())
        {
            return (0, 0);
        }

        scatter.add_(own, KeptScalars.One);
        return (trace / images.Length, trace * trace / own.pow_(KeptScalars.Of(2)).sum().item<double>());
    }

    private static Tensor RowsOf(Tensor features, long[] images) =>
        features.index_select(0, tensor(images, device: features.device)).to(float64);

    /// <summary>The mean and the covariance of all images, each counting alike.</summary>
    private static (Tensor Mean, Tensor Covariance) MomentsOf(Tensor centroids, Tensor scatter, IReadOnlyList<LabelOrder.Class> classes)
    {
        using var scope = NewDisposeScope();
        var images = classes.Sum(run => run.Count);
        var shares = tensor(classes.Select(run => (double)run.Count / images).ToArray(), float64, centroids.device).unsqueeze(1);
        var mean = (shares * centroids).sum([0]);
        var offsets = centroids - mean;
        var between = offsets.t().mm(shares * offsets);
        var isRounding = between.diagonal().sum() <= KeptScalars.Of(Spectrum.RoundingVariance) * SquaredNorms(mean.unsqueeze(0));
        var covariance = (scatter / KeptScalars.Of(images)).add_(isRounding.item<bool>() ? zeros_like(between) : between, KeptScalars.One);
        return scope.MoveToOuter(mean, covariance);
    }

    private static Tensor PrincipalVariances(Tensor covariance)
    {
        using var scope = NewDisposeScope();
        return linalg.eigvalsh(covariance).clamp_min(KeptScalars.Of(0)).flip(0).MoveToOuterDisposeScope();
    }

    private static Tensor SquaredNorms(Tensor rows) => rows.pow(KeptScalars.Of(2)).sum([1]);
}
