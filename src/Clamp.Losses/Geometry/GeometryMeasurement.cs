using System.Diagnostics;
using Clamp.Losses.Distributed;
using Clamp.Losses.Packing.Composite;
using Clamp.Losses.Tensors;
using static TorchSharp.torch;

namespace Clamp.Losses.Geometry;

/// <summary>Measures a <see cref="SubManifoldGeometry"/>.</summary>
internal static class GeometryMeasurement
{
    private const double CollapsedCoincidentFraction = 0.25;
    private const double CoincidentDistance = 1e-5;
    private const double LeastRelativeSpread = 1e-5;
    private const double LeastUnitsInLastPlace = 4;

    // Rows of pairs are measured a block at a time: 8 MB in float64.
    private const long PairsOfBlock = 1 << 20;

    /// <summary>Measures a batch without recording a graph.</summary>
    /// <param name="embeddings">z, [V, B, D].</param>
    /// <param name="part">Which images of all these are.</param>
    /// <param name="options">Valid options.</param>
    public static SubManifoldGeometry Of(Tensor embeddings, BatchPart part, ClampLossOptions options)
    {
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        var subManifolds = SubManifolds.Of(embeddings, options.RadiusScale, part);
        var counts = zeros([part.AllImages], int64, embeddings.device);
        var figures = cat([PairFigures(subManifolds, options, counts), Squares(embeddings, part)]);
        part.Group.AllReduceSum(counts);
        part.Group.AllReduceSum(figures);
        var (centroids, radii) = (subManifolds.AllCentroids, subManifolds.AllRadii);
        var isFinite = radii.isfinite().all().item<bool>();
        var geometry = isFinite
            ? Measured(centroids, radii, counts, TensorMemory.Doubles(figures), embeddings.shape[0], NoiseLevel(embeddings.dtype), options)
            : new SubManifoldGeometry(centroids, radii, counts);
        scope.MoveToOuter(geometry.Centroids, geometry.Radii, geometry.Contacts);
        return geometry;
    }

    private static SubManifoldGeometry Measured(
        Tensor centroids, Tensor radii, Tensor counts, double[] figures, long views, double noise, ClampLossOptions options)
    {
        var (images, width) = (centroids.shape[0], centroids.shape[1]);
        if (figures is not [var contacts, var overlap, var distance, var coincident, var energy, var virial, var nearest, var centred, var squares])
        {
            throw new UnreachableException("The figures are those of PairFigures and Squares.");
        }

        var pairs = images * (images - 1) / 2.0;
        var coincidentFraction = coincident / pairs;
        var relativeSpread = Math.Sqrt(centred) / Math.Max(Math.Sqrt(squares), double.Epsilon);
        var spectrum = CentroidSpectrum.Of(centroids);
        return new SubManifoldGeometry(centroids, radii, counts)
        {
            MeanContacts = 2 * contacts / images,
            ContactFraction = contacts / pairs,
            RattlerFraction = Mean(counts.logical_not()),
            MeanOverlap = contacts == 0 ? 0 : overlap / contacts,
            MeanRadius = Mean(radii),
            MeanCentroidDistance = distance / pairs,
            CoincidentFraction = coincidentFraction,
            Energy = energy + options.SizeWeight * radii.sum().item<double>(),
            VirialPressure = virial / (images * width),
            NearestCentroidAccuracy = nearest / (views * images),
            ParticipationRatio = spectrum.ParticipationRatio,
            SingularValueSpread = spectrum.SingularValueSpread,
            RelativeSpread = relativeSpread,
            Verdict = coincidentFraction >= CollapsedCoincidentFraction || relativeSpread < noise
                ? PackingVerdict.Collapsed
                : contacts > 0 ? PackingVerdict.InContact : PackingVerdict.Separated,
        };
    }

    /// <summary>Sums over the pairs of these images' rows, and over their views.</summary>
    /// <param name="subManifolds">The images.</param>
    /// <param name="options">Valid options.</param>
    /// <param name="counts">To which is added how many others each of all images touches.</param>
    /// <returns>Contacts, overlaps, distances, coincident pairs, energy, virial and views nearest to their own centroid: [7], float64.</returns>
    private static Tensor PairFigures(SubManifolds subManifolds, ClampLossOptions options, Tensor counts)
    {
        var images = subManifolds.Radii.shape[0];
        var block = Math.Max(1, PairsOfBlock / counts.shape[0]);
        var total = zeros([7], float64, counts.device);
        for (long first = 0; first < images; first += block)
        {
            using var scope = NewDisposeScope();
            var rows = subManifolds.Rows(first, Math.Min(block, images - first));
            var contacts = Contacts.Of(rows, options);
            var touching = contacts.Touching.to(int64);
            counts.narrow(0, rows.FirstImage, touching.shape[0]).add_(touching.sum([1]), KeptScalars.One);
            counts.add_(touching.sum([0]), KeptScalars.One);
            var overlaps = contacts.Overlaps();
            var distances = contacts.Distances.masked_select(ones_like(contacts.Touching).triu(1 + rows.FirstImage));
            var coincident = distances <= KeptScalars.Of(Math.Max(options.MinSeparation, CoincidentDistance));
            var energy = KeptScalars.Of(options.RepulsionWeight) * overlaps.pow(KeptScalars.Of(options.PotentialExponent)).sum();
            Tensor[] figures =
                [touching.sum(), overlaps.sum(), distances.sum(), coincident.sum(), energy, Virial(contacts, overlaps, options), NearestOwn(rows)];
            total.add_(stack(figures.Select(figure => figure.to(float64))), KeptScalars.One);
        }

        return total;
    }

    /// <summary>The sums of the squares of the centred embeddings and of the embeddings: [2], float64.</summary>
    private static Tensor Squares(Tensor embeddings, BatchPart part) => stack(
    [
        SubManifolds.Centred(embeddings, part).pow(KeptScalars.Of(2)).sum(),
        embeddings.to(float64).pow(KeptScalars.Of(2)).sum(),
    ]);

    /// <summary>The sum over contacts of -d * dE/dd, with dE/dd = -w_rep * alpha * u^(alpha - 1) / s.</summary>
    private static Tensor Virial(Contacts contacts, Tensor overlaps, ClampLossOptions options)
    {
        var alpha = options.PotentialExponent;
        var forces = KeptScalars.Of(options.RepulsionWeight * alpha) * overlaps.pow(KeptScalars.Of(alpha - 1)) / contacts.OfEach(contacts.Reaches);
        return (forces * contacts.OfEach(contacts.Distances)).sum();
    }

    /// <summary>How many points p_i have norm(p_i - c_j)^2 - norm(p_i)^2 least, without a tie, at j = i.</summary>
    private static Tensor NearestOwn(SubManifolds rows)
    {
        var hits = zeros([], int64, rows.Points.device);
        var squaredNorms = rows.AllCentroids.pow(KeptScalars.Of(2)).sum([1]);
        for (long v = 0; v < rows.Points.shape[0]; v++)
        {
            using var scope = NewDisposeScope();
            var squaredDistances = squaredNorms - KeptScalars.Of(2) * rows.Points[v].mm(rows.AllCentroids.t());
            var toOwn = squaredDistances.diagonal(rows.FirstImage);
            var own = toOwn.clone();
            toOwn.fill_(KeptScalars.Of(double.PositiveInfinity));
            hits.add_((own < squaredDistances.amin([1])).sum(), KeptScalars.One);
        }

        return hits;
    }

    private static double NoiseLevel(ScalarType dtype) => Math.Max(LeastRelativeSpread, LeastUnitsInLastPlace * finfo(dtype).eps);

    private static double Mean(Tensor values) => values.to(float64).mean().item<double>();
}
