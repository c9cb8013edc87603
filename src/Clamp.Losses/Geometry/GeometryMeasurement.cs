using System.Diagnostics;
using Clamp.Losses.Distributed;
using Clamp.Losses.Packing.Composite;
using Clamp.Losses.Tensors;
using static TorchSharp.torch;

namespace Clamp.Losses.Geometry;

/// <summary>Measures a <see cref="SubManifoldGeometry"/> in plain torch operations, float64: the specification.</summary>
internal static class GeometryMeasurement
{
    /// <summary>Centroids nearer than this coincide, whatever d_min is.</summary>
    public const double CoincidentDistance = 1e-5;

    private const double CollapsedCoincidentFraction = 0.25;
    private const double LeastRelativeSpread = 1e-5;
    private const double LeastUnitsInLastPlace = 4;

    // Fewer directions than this are too few, where there could be three at least.
    private const double FewestDirections = 1.5;
    private const double FewestDirectionsOfAll = 0.01;

    // Rows of pairs, and images, are measured a block at a time: 8 MB in float64.
    private const long NumbersOfBlock = 1 << 20;

    /// <summary>Measures a batch without recording a graph.</summary>
    /// <param name="embeddings">z, [V, B, D].</param>
    /// <param name="part">Which images of all these are.</param>
    /// <param name="options">Valid options.</param>
    public static SubManifoldGeometry Of(Tensor embeddings, BatchPart part, ClampLossOptions options)
    {
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        var mean = MeanOf(embeddings, part);
        var (subManifolds, squares) = Balls(embeddings, mean, part, options);
        var (centroids, radii) = (subManifolds.AllCentroids, subManifolds.AllRadii);
        var received = zeros([part.AllImages, centroids.shape[1] + 2], float64, embeddings.device);
        var figures = cat([PairFigures(subManifolds, options, received), squares]);
        part.Group.AllReduceSum(received);
        part.Group.AllReduceSum(figures);
        var counts = received.select(1, 0);
        var numbers = TensorMemory.Doubles(cat([figures, CentroidSpectrum.ParticipationRatio(centroids).unsqueeze(0), radii, counts]));
        var images = (int)part.AllImages;
        var geometry = Measured(
            new PackingTensors(centroids, radii, counts.to(int64), received.select(1, 1).clone(), received[.., 2..].norm(dim: 1, p: 2)),
            SumsOf(numbers[..^(2 * images)]),
            numbers[^(2 * images)..^images],
            numbers[^images..].Count(count => count == 0),
            part.Group.WorldSize == 1 ? null : NearestOwn(embeddings, mean, centroids, part),
            embeddings,
            options);
        scope.MoveToOuter(geometry.Tensors);
        return geometry;
    }

    /// <summary>The figures and the verdict, of sums over all images.</summary>
    /// <param name="tensors">What there is for each image.</param>
    /// <param name="sums">Sums.</param>
    /// <param name="radii">r.</param>
    /// <param name="rattlers">How many images have no contact.</param>
    /// <param name="nearestOwn">The fraction of views nearest to their own centroid; null to find it when it is asked for.</param>
    /// <param name="embeddings">z.</param>
    /// <param name="options">Valid options.</param>
    public static SubManifoldGeometry Measured(
        PackingTensors tensors,
        PackingSums sums,
        double[] radii,
        int rattlers,
        double? nearestOwn,
        Tensor embeddings,
        ClampLossOptions options)
    {
        var (images, width) = (radii.Length, embeddings.shape[2]);
        if (!radii.All(double.IsFinite))
        {
            return SubManifoldGeometry.Undefined(tensors);
        }

        var pairs = images * (images - 1.0) / 2;
        var geometry = new SubManifoldGeometry(tensors, embeddings, nearestOwn)
        {
            MeanContacts = 2 * sums.Contacts / images,
            MeanContactsWithoutRattlers = sums.Contacts == 0 ? 0 : 2 * sums.Contacts / (images - rattlers),
            IsostaticContacts = Isostatic(images, width),
            ContactFraction = sums.Contacts / pairs,
            RattlerFraction = rattlers / (double)images,
            MeanOverlap = sums.Contacts == 0 ? 0 : sums.Overlap / sums.Contacts,
            MeanRadius = radii.Average(),
            MeanCentroidDistance = sums.Distance / pairs,
            CoincidentFraction = sums.Coincident / pairs,
            ExcludedFraction = sums.Excluded / pairs,
            ClippedFraction = sums.Clipped / pairs,
            LogPackingFraction = PackingFraction.Log(radii, options.MaxContactDistance / 2, width),
            Energy = options.RepulsionWeight * sums.Energy + options.SizeWeight * radii.Sum(),
            VirialPressure = options.RepulsionWeight * sums.Virial / (images * width),
            ParticipationRatio = sums.ParticipationRatio,
            RelativeSpread = Math.Sqrt(sums.Centred) / Math.Max(Math.Sqrt(sums.Squares), double.Epsilon),
        };
        geometry.Verdict = VerdictOf(geometry, Math.Min(images - 1, width), NoiseLevel(embeddings.dtype));
        return geometry;
    }

    /// <summary>See <see cref="SubManifoldGeometry.IsostaticContacts"/>.</summary>
    private static double Isostatic(double images, double width)
    {
        var spanned = Math.Min(images, width);
        return (spanned - 1) * (2 - spanned / images);
    }

    private static PackingVerdict VerdictOf(SubManifoldGeometry geometry, double directions, double noise) => geometry switch
    {
        { CoincidentFraction: >= CollapsedCoincidentFraction } => PackingVerdict.Collapsed,
        _ when geometry.RelativeSpread < noise => PackingVerdict.Collapsed,
        _ when directions >= 3 && geometry.ParticipationRatio < Math.Max(FewestDirections, FewestDirectionsOfAll * directions) =>
            PackingVerdict.DimensionallyCollapsed,
        { ContactFraction: 0 } => PackingVerdict.Separated,
        _ => geometry.MeanContactsWithoutRattlers >= geometry.IsostaticContacts ? PackingVerdict.Jammed : PackingVerdict.InContact,
    };

    private static PackingSums SumsOf(double[] figures) => figures is
    [
        var contacts, var overlap, var distance, var coincident, var excluded, var clipped, var energy, var virial,
        var centred, var squares, var participationRatio,
    ]
        ? new PackingSums
        {
            Contacts = contacts,
            Overlap = overlap,
            Distance = distance,
            Coincident = coincident,
            Excluded = excluded,
            Clipped = clipped,
            Energy = energy,
            Virial = virial,
            Centred = centred,
            Squares = squares,
            ParticipationRatio = participationRatio,
        }
        : throw new UnreachableException("The figures are those of PairFigures and Balls.");

    private static Tensor MeanOf(Tensor embeddings, BatchPart part)
    {
        using var scope = NewDisposeScope();
        return SubManifolds.Mean(embeddings, part).MoveToOuterDisposeScope();
    }

    /// <summary>Centroids and radii, and the sums of the squares of the centred embeddings and of the embeddings: [2], float64.</summary>
    private static (SubManifolds Balls, Tensor Squares) Balls(Tensor embeddings, Tensor mean, BatchPart part, ClampLossOptions options)
    {
        var (views, images, width) = (embeddings.shape[0], embeddings.shape[1], embeddings.shape[2]);
        var centroids = empty([images, width], float64, embeddings.device);
        var radii = empty([images], float64, embeddings.device);
        var squares = zeros([2], float64, embeddings.device);
        var block = Math.Max(1, NumbersOfBlock / (views * width));
        for (long first = 0; first < images; first += block)
        {
            using var scope = NewDisposeScope();
            var size = Math.Min(block, images - first);
            var own = embeddings.narrow(1, first, size).to(float64);
            var centred = own - mean;
            var (centres, sizes) = SubManifolds.BallsOf(SubManifolds.PointsOf(centred), options.RadiusScale);
            centroids.narrow(0, first, size).copy_(centres);
            radii.narrow(0, first, size).copy_(sizes);
            squares.add_(stack([centred.pow(KeptScalars.Of(2)).sum(), own.pow(KeptScalars.Of(2)).sum()]), KeptScalars.One);
        }

        return (SubManifolds.Of(centroids, radii, part), squares);
    }

    /// <summary>Sums over the pairs of these images' rows.</summary>
    /// <param name="subManifolds">The images.</param>
    /// <param name="options">Valid options.</param>
    /// <param name="received">
    /// To which is added what each of all images receives from others: contacts, overlaps, and the force on its centroid, [all, 2 + D].
    /// </param>
    /// <returns>Contacts, overlaps, distances, coincident, excluded and clipped pairs, energy, virial: [8], float64.</returns>
    private static Tensor PairFigures(SubManifolds subManifolds, ClampLossOptions options, Tensor received)
    {
        var (images, all) = (subManifolds.Radii.shape[0], subManifolds.AllRadii.shape[0]);
        var block = Math.Max(1, NumbersOfBlock / all);
        var total = zeros([8], float64, received.device);
        for (long first = 0; first < images; first += block)
        {
            using var scope = NewDisposeScope();
            var rows = subManifolds.Rows(first, Math.Min(block, images - first));
            var contacts = Contacts.Of(rows, options);
            var above = ones_like(contacts.Touching).triu(1 + rows.FirstImage);
            var distances = contacts.Distances.masked_select(above);
            var overlaps = contacts.Overlaps();
            var raised = overlaps.pow(KeptScalars.Of(options.PotentialExponent - 1));
            var slopes = KeptScalars.Of(options.PotentialExponent) * raised / contacts.OfEach(contacts.Reaches);
            AddReceived(rows, contacts, overlaps, KeptScalars.Of(options.RepulsionWeight) * slopes / contacts.OfEach(contacts.Distances), received);
            Tensor[] figures =
            [
                contacts.Touching.sum(),
                overlaps.sum(),
                distances.sum(),
                (distances <= KeptScalars.Of(Math.Max(options.MinSeparation, CoincidentDistance))).sum(),
                (distances <= KeptScalars.Of(options.MinSeparation)).sum(),
                (rows.Reaches(double.PositiveInfinity) > KeptScalars.Of(options.MaxContactDistance)).logical_and(above).sum(),
                overlaps.pow(KeptScalars.Of(options.PotentialExponent)).sum(),
                (slopes * contacts.OfEach(contacts.Distances)).sum(),
            ];
            total.add_(stack(figures.Select(figure => figure.to(float64))), KeptScalars.One);
        }

        return total;
    }

    /// <summary>Adds contacts, overlaps and the forces A_ij (c_i - c_j) to i, and to j with the opposite sign.</summary>
    private static void AddReceived(SubManifolds rows, Contacts contacts, Tensor overlaps, Tensor factors, Tensor received)
    {
        var touching = contacts.Touching;
        var ofRows = received.narrow(0, rows.FirstImage, touching.shape[0]);
        Tensor[] pairs = [touching.to(float64), zeros_like(contacts.Distances).masked_scatter(touching, overlaps)];
        for (int column = 0; column < pairs.Length; column++)
        {
            ofRows.select(1, column).add_(pairs[column].sum([1]), KeptScalars.One);
            received.select(1, column).add_(pairs[column].sum([0]), KeptScalars.One);
        }

        var matrix = zeros_like(contacts.Distances).masked_scatter(touching, factors);
        ofRows[.., 2..].add_(matrix.sum([1]).unsqueeze(1) * rows.Centroids - matrix.mm(rows.AllCentroids), KeptScalars.One);
        received[.., 2..].add_(matrix.sum([0]).unsqueeze(1) * rows.AllCentroids - matrix.t().mm(rows.Centroids), KeptScalars.One);
    }

    /// <summary>The fraction of views nearest to their own centroid.</summary>
    /// <param name="embeddings">z, [V, B, D], all of this process.</param>
    /// <param name="centroids">c, [B, D], float64.</param>
    public static double NearestOwn(Tensor embeddings, Tensor centroids)
    {
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        var part = BatchPart.Whole(embeddings.shape[1]);
        return NearestOwn(embeddings, MeanOf(embeddings, part), centroids, part);
    }

    /// <summary>How many points p_i have norm(p_i - c_j)^2 - norm(p_i)^2 least, without a tie, at j = i, as a share of all.</summary>
    private static double NearestOwn(Tensor embeddings, Tensor mean, Tensor centroids, BatchPart part)
    {
        using var scope = NewDisposeScope();
        var (views, images) = (embeddings.shape[0], embeddings.shape[1]);
        var precision = embeddings.dtype == float64 ? float64 : float32;
        var hits = zeros([], float64, embeddings.device);
        var squaredNorms = centroids.pow(KeptScalars.Of(2)).sum([1]).to(precision);
        var columns = centroids.to(precision).t();
        var block = Math.Max(1, NumbersOfBlock / part.AllImages);
        for (long first = 0; first < images; first += block)
        {
            var size = Math.Min(block, images - first);
            for (long view = 0; view < views; view++)
            {
                using var viewScope = NewDisposeScope();
                var centred = embeddings[view].narrow(0, first, size).to(float64) - mean;
                var squaredDistances = squaredNorms - KeptScalars.Of(2) * SubManifolds.PointsOf(centred).to(precision).mm(columns);
                var toOwn = squaredDistances.diagonal(part.FirstImage + first);
                var own = toOwn.clone();
                toOwn.fill_(KeptScalars.Of(double.PositiveInfinity));
                hits.add_((own < squaredDistances.amin([1])).sum(), KeptScalars.One);
            }
        }

        part.Group.AllReduceSum(hits);
        return hits.item<double>() / (views * part.AllImages);
    }

    private static double NoiseLevel(ScalarType dtype) => Math.Max(LeastRelativeSpread, LeastUnitsInLastPlace * finfo(dtype).eps);
}
