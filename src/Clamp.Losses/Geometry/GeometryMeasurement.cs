using Clamp.Losses.Packing.Composite;
using static TorchSharp.torch;

namespace Clamp.Losses.Geometry;

/// <summary>Measures a <see cref="SubManifoldGeometry"/>.</summary>
internal static class GeometryMeasurement
{
    private const double CollapsedCoincidentFraction = 0.25;
    private const double CoincidentDistance = 1e-5;
    private const double LeastRelativeSpread = 1e-5;
    private const double LeastUnitsInLastPlace = 4;

    /// <summary>Measures a batch without recording a graph.</summary>
    /// <param name="embeddings">z, [V, B, D].</param>
    /// <param name="options">Valid options.</param>
    public static SubManifoldGeometry Of(Tensor embeddings, ClampLossOptions options)
    {
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        var subManifolds = SubManifolds.Of(embeddings, options.RadiusScale);
        var contacts = Contacts.Of(subManifolds, options);
        var geometry = IsFinite(subManifolds) ? Measured(embeddings, subManifolds, contacts, options) : Bare(subManifolds, contacts);
        scope.MoveToOuter(geometry.Centroids, geometry.Radii, geometry.Contacts);
        return geometry;
    }

    private static bool IsFinite(SubManifolds subManifolds) => subManifolds.Radii.isfinite().all().item<bool>();

    private static SubManifoldGeometry Bare(SubManifolds subManifolds, Contacts contacts) =>
        new(subManifolds.Centroids, subManifolds.Radii, contacts.Counts());

    private static SubManifoldGeometry Measured(
        Tensor embeddings, SubManifolds subManifolds, Contacts contacts, ClampLossOptions options)
    {
        var (images, width) = (subManifolds.Centroids.shape[0], subManifolds.Centroids.shape[1]);
        var counts = contacts.Counts();
        var meanContacts = Mean(counts);
        var overlaps = contacts.Overlaps();
        var distances = contacts.Distances.masked_select(ones_like(contacts.Touching).triu(1));
        var coincidentFraction = Mean(distances <= KeptScalars.Of(Math.Max(options.MinSeparation, CoincidentDistance)));
        var relativeSpread = RelativeSpreadOf(embeddings);
        var spectrum = CentroidSpectrum.Of(subManifolds.Centroids);
        return new SubManifoldGeometry(subManifolds.Centroids, subManifolds.Radii, counts)
        {
            MeanContacts = meanContacts,
            ContactFraction = meanContacts / (images - 1),
            RattlerFraction = Mean(counts.logical_not()),
            MeanOverlap = overlaps.numel() == 0 ? 0 : Mean(overlaps),
            MeanRadius = Mean(subManifolds.Radii),
            MeanCentroidDistance = Mean(distances),
            CoincidentFraction = coincidentFraction,
            Energy = CompositePacking.Energy(subManifolds, contacts, options).item<double>(),
            VirialPressure = Virial(contacts, overlaps, options) / (images * width),
            NearestCentroidAccuracy = NearestCentroidAccuracyOf(subManifolds),
            ParticipationRatio = spectrum.ParticipationRatio,
            SingularValueSpread = spectrum.SingularValueSpread,
            RelativeSpread = relativeSpread,
            Verdict = coincidentFraction >= CollapsedCoincidentFraction || relativeSpread < NoiseLevel(embeddings.dtype)
                ? PackingVerdict.Collapsed
                : meanContacts > 0 ? PackingVerdict.InContact : PackingVerdict.Separated,
        };
    }

    /// <summary>The sum over contacts of -d * dE/dd, with dE/dd = -w_rep * alpha * u^(alpha - 1) / s.</summary>
    private static double Virial(Contacts contacts, Tensor overlaps, ClampLossOptions options)
    {
        var alpha = options.PotentialExponent;
        var forces = KeptScalars.Of(options.RepulsionWeight * alpha) * overlaps.pow(KeptScalars.Of(alpha - 1)) / contacts.OfEach(contacts.Reaches);
        return (forces * contacts.OfEach(contacts.Distances)).sum().item<double>();
    }

    private static double NearestCentroidAccuracyOf(SubManifolds subManifolds)
    {
        var (views, images) = (subManifolds.Points.shape[0], subManifolds.Points.shape[1]);
        var hits = 0L;
        for (long v = 0; v < views; v++)
        {
            using var scope = NewDisposeScope();
            hits += NearestOwnCentroid(subManifolds.Points[v], subManifolds.Centroids).sum().item<long>();
        }

        return hits / (double)(views * images);
    }

    /// <summary>For each point p_i whether norm(p_i - c_j)^2 - norm(p_i)^2 is least, without a tie, at j = i.</summary>
    private static Tensor NearestOwnCentroid(Tensor points, Tensor centroids)
    {
        var squaredDistances = centroids.pow(KeptScalars.Of(2)).sum([1]) - KeptScalars.Of(2) * points.mm(centroids.t());
        var own = squaredDistances.diagonal().clone();
        squaredDistances.diagonal().fill_(KeptScalars.Of(double.PositiveInfinity));
        return own < squaredDistances.amin([1]);
    }

    private static double RelativeSpreadOf(Tensor embeddings)
    {
        var precise = embeddings.to(float64);
        return RootMeanSquare(precise - precise.mean([0, 1])) / Math.Max(RootMeanSquare(precise), double.Epsilon);
    }

    private static double RootMeanSquare(Tensor values) => Math.Sqrt(Mean(values.pow(KeptScalars.Of(2))));

    private static double NoiseLevel(ScalarType dtype) => Math.Max(LeastRelativeSpread, LeastUnitsInLastPlace * finfo(dtype).eps);

    private static double Mean(Tensor values) => values.to(float64).mean().item<double>();
}
