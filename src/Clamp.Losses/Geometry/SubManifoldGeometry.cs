using System.Globalization;
using Clamp.Losses.Geometry;
using static TorchSharp.torch;

namespace Clamp.Losses;

/// <summary>
/// The packing of one batch: where its sub-manifolds are, how large they are, who touches whom, and whether the batch has collapsed.
/// Made by <see cref="ClampLoss.Measure"/>; symbols are those of <see cref="ClampLoss"/>. Where the embeddings hold NaN or infinity every
/// figure is NaN and the verdict is <see cref="PackingVerdict.Undefined"/>. docs/geometry.md has the formulas and where they come from.
/// </summary>
/// <remarks>
/// <see cref="NearestCentroidAccuracy"/>, <see cref="EffectiveRank"/> and <see cref="SingularValueSpread"/> take longer than all the others,
/// and are found when one first reads them, from the embeddings and the centroids: until then the embeddings must not be overwritten, nor
/// the geometry disposed, be it by a dispose scope. Over a process group of several members the first of them is measured at once.
/// </remarks>
public sealed class SubManifoldGeometry : IDisposable
{
    private readonly Tensor? _embeddings;
    private readonly Lazy<double> _nearestCentroidAccuracy;
    private readonly Lazy<double> _effectiveRank;
    private readonly long _largestRank;

    /// <summary>A geometry of finite embeddings.</summary>
    /// <param name="tensors">What each image has.</param>
    /// <param name="embeddings">z, [V, B, D].</param>
    /// <param name="nearestCentroidAccuracy">When it is known already.</param>
    internal SubManifoldGeometry(PackingTensors tensors, Tensor embeddings, double? nearestCentroidAccuracy)
        : this(tensors)
    {
        _embeddings = nearestCentroidAccuracy is null ? embeddings.detach() : null;
        _nearestCentroidAccuracy = Later(() => nearestCentroidAccuracy ?? GeometryMeasurement.NearestOwn(Kept(_embeddings!), Kept(Centroids)));
        _effectiveRank = Later(() => CentroidSpectrum.EffectiveRank(Kept(Centroids)));
    }

    private SubManifoldGeometry(PackingTensors tensors)
    {
        (Centroids, Radii, Contacts, Overlaps, NetForces) = tensors;
        _largestRank = Math.Min(Centroids.shape[0] - 1, Centroids.shape[1]);
        _nearestCentroidAccuracy = _effectiveRank = new Lazy<double>(double.NaN);
    }

    /// <summary>c, the mean of each image's views on the unit sphere, [B, D], float64.</summary>
    public Tensor Centroids { get; }

    /// <summary>r, [B], float64.</summary>
    public Tensor Radii { get; }

    /// <summary>How many others each sub-manifold overlaps, [B], int64.</summary>
    public Tensor Contacts { get; }

    /// <summary>The sum of u = 1 - d/s over each sub-manifold's contacts, [B], float64.</summary>
    public Tensor Overlaps { get; }

    /// <summary>
    /// The size of the force on each centroid, norm(sum over contacts of w_rep alpha u^(alpha-1) / s times the unit vector away from the
    /// other), [B], float64: 0 where neighbours push from all sides alike, as all do in a packing at rest.
    /// </summary>
    public Tensor NetForces { get; }

    /// <summary>The mean number of contacts of a sub-manifold (the coordination number), 0 to B - 1.</summary>
    public double MeanContacts { get; internal init; } = double.NaN;

    /// <summary>The mean number of contacts of the sub-manifolds that have any, 0 to B - 1; 0 when none has.</summary>
    public double MeanContactsWithoutRattlers { get; internal init; } = double.NaN;

    /// <summary>
    /// With how many contacts each, in the mean, B balls of given sizes on the sphere S^(D-1) have as many as they have ways to move, global
    /// rotations aside: (m - 1)(2 - m/B) with m = min(B, D), that is 2 (D - 1) when B is much larger than D, and B - 1, everybody with
    /// everybody, when it is not.
    /// </summary>
    public double IsostaticContacts { get; internal init; } = double.NaN;

    /// <summary>The fraction of all pairs that are in contact, 0 to 1.</summary>
    public double ContactFraction { get; internal init; } = double.NaN;

    /// <summary>The fraction of sub-manifolds without any contact (rattlers), 0 to 1.</summary>
    public double RattlerFraction { get; internal init; } = double.NaN;

    /// <summary>The mean of u = 1 - d/s over contacts, 0 to 1; 0 when there are none.</summary>
    public double MeanOverlap { get; internal init; } = double.NaN;

    /// <summary>The mean radius.</summary>
    public double MeanRadius { get; internal init; } = double.NaN;

    /// <summary>The mean distance of two centroids, 0 to 2.</summary>
    public double MeanCentroidDistance { get; internal init; } = double.NaN;

    /// <summary>The fraction of pairs of centroids that coincide, within d_min or 1e-5 if that is larger; such pairs do not repel.</summary>
    public double CoincidentFraction { get; internal init; } = double.NaN;

    /// <summary>The fraction of pairs within d_min, which do not repel, 0 to 1.</summary>
    public double ExcludedFraction { get; internal init; } = double.NaN;

    /// <summary>The fraction of pairs whose reach r_i + r_j is cut to d_max, 0 to 1: their radii feel no force.</summary>
    public double ClippedFraction { get; internal init; } = double.NaN;

    /// <summary>
    /// The natural logarithm of the packing fraction phi, the area of spherical caps of half-angles asin r_i over that of S^(D-1), summed
    /// over sub-manifolds, with r_i no larger than d_max / 2. Above 0 they could not all lie apart; phi^(1/(D-1)) compares spaces of
    /// different D. -infinity only when every radius is 0.
    /// </summary>
    public double LogPackingFraction { get; internal init; } = double.NaN;

    /// <summary>E, with its weights.</summary>
    public double Energy { get; internal init; } = double.NaN;

    /// <summary>
    /// The virial of the repulsion, sum over contacts of -d * dE/dd, divided by B * D: the pressure of the packing with the number of
    /// sub-manifolds in place of its volume. 0 when nothing touches.
    /// </summary>
    public double VirialPressure { get; internal init; } = double.NaN;

    /// <summary>The fraction of views nearer to their own image's centroid than to any other, 0 to 1; a tie counts as a miss.</summary>
    /// <exception cref="ObjectDisposedException">The geometry was disposed before this was first read.</exception>
    public double NearestCentroidAccuracy => _nearestCentroidAccuracy.Value;

    /// <summary>
    /// (sum of v)^2 / sum of v^2 over the principal variances v of the centroids, 1 to min(B - 1, D): in how many directions the batch
    /// spreads. 0 when all centroids coincide.
    /// </summary>
    public double ParticipationRatio { get; internal init; } = double.NaN;

    /// <summary>
    /// The effective rank of the centred centroids, exp of the entropy of their normalised singular values (RankMe, arXiv:2210.02885), 1 to
    /// min(B - 1, D); 0 when all centroids coincide.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The geometry was disposed before this was first read.</exception>
    public double EffectiveRank => _effectiveRank.Value;

    /// <summary>
    /// <see cref="EffectiveRank"/> over the largest rank the centroids could have, min(B - 1, D): 1 when every direction is used alike,
    /// towards 0 when few are.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The geometry was disposed before this was first read.</exception>
    public double SingularValueSpread => EffectiveRank / _largestRank;

    /// <summary>The root mean square of the centred embeddings over that of the embeddings, 0 to 1; near 0 when all embeddings agree.</summary>
    public double RelativeSpread { get; internal init; } = double.NaN;

    /// <summary>The state of the packing in one word.</summary>
    public PackingVerdict Verdict { get; internal set; }

    /// <summary>The verdict and the numbers behind it in one line, the same in every culture.</summary>
    /// <returns>
    /// For example "InContact: 12.5 contacts per sub-manifold (isostatic 127) with a mean overlap of 0.31, 4.0 % rattlers, 0.0 % of pairs
    /// coincident, relative spread 0.98, 31 directions".
    /// </returns>
    public override string ToString() =>
        Verdict == PackingVerdict.Undefined
            ? $"{Verdict}: the embeddings hold NaN or infinity"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{Verdict}: {MeanContacts:G5} contacts per sub-manifold (isostatic {IsostaticContacts:G4}) with a mean overlap of {MeanOverlap:G3}, "
                + $"{RattlerFraction:P1} rattlers, {CoincidentFraction:P1} of pairs coincident, relative spread {RelativeSpread:G3}, "
                + $"{ParticipationRatio:G3} directions");

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in Tensors)
        {
            tensor.Dispose();
        }
    }

    /// <summary>All that belongs to whom the geometry belongs to.</summary>
    internal IEnumerable<Tensor> Tensors => new[] { Centroids, Radii, Contacts, Overlaps, NetForces, _embeddings }.OfType<Tensor>();

    /// <summary>What can be said of embeddings that hold NaN or infinity.</summary>
    /// <param name="tensors">What each image has.</param>
    internal static SubManifoldGeometry Undefined(PackingTensors tensors) => new(tensors);

    // A failure, such as of an allocation, is not kept: whoever asks next tries again.
    private static Lazy<double> Later(Func<double> figure) => new(figure, LazyThreadSafetyMode.PublicationOnly);

    private Tensor Kept(Tensor tensor)
    {
        ObjectDisposedException.ThrowIf(tensor.IsInvalid, this);
        return tensor;
    }
}
