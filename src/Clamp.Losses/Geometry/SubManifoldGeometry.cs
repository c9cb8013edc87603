using System.Globalization;
using static TorchSharp.torch;

namespace Clamp.Losses;

/// <summary>
/// The packing of one batch: where its sub-manifolds are, how large they are, who touches whom, and whether the batch has collapsed.
/// Made by <see cref="ClampLoss.Measure"/>; symbols are those of <see cref="ClampLoss"/>. Where the embeddings hold NaN or infinity every
/// figure is NaN and the verdict is <see cref="PackingVerdict.Undefined"/>.
/// </summary>
public sealed class SubManifoldGeometry : IDisposable
{
    internal SubManifoldGeometry(Tensor centroids, Tensor radii, Tensor contacts)
    {
        (Centroids, Radii, Contacts) = (centroids, radii, contacts);
    }

    /// <summary>c, the mean of each image's views on the unit sphere, [B, D], float64.</summary>
    public Tensor Centroids { get; }

    /// <summary>r, [B], float64.</summary>
    public Tensor Radii { get; }

    /// <summary>How many others each sub-manifold overlaps, [B], int64.</summary>
    public Tensor Contacts { get; }

    /// <summary>The mean number of contacts of a sub-manifold (the coordination number), 0 to B - 1.</summary>
    public double MeanContacts { get; internal init; } = double.NaN;

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

    /// <summary>E, with its weights.</summary>
    public double Energy { get; internal init; } = double.NaN;

    /// <summary>
    /// The virial of the repulsion, sum over contacts of -d * dE/dd, divided by B * D: the pressure of the packing with the number of
    /// sub-manifolds in place of its volume. 0 when nothing touches.
    /// </summary>
    public double VirialPressure { get; internal init; } = double.NaN;

    /// <summary>The fraction of views nearer to their own image's centroid than to any other, 0 to 1; a tie counts as a miss.</summary>
    public double NearestCentroidAccuracy { get; internal init; } = double.NaN;

    /// <summary>
    /// (sum of v)^2 / sum of v^2 over the principal variances v of the centroids, 1 to min(B - 1, D): in how many directions the batch
    /// spreads. 0 when all centroids coincide.
    /// </summary>
    public double ParticipationRatio { get; internal init; } = double.NaN;

    /// <summary>
    /// The effective rank of the centred centroids, exp of the entropy of their normalised singular values (RankMe, arXiv:2210.02885),
    /// over the largest rank they could have, min(B - 1, D): 1 when every direction is used alike, towards 0 when few are.
    /// </summary>
    public double SingularValueSpread { get; internal init; } = double.NaN;

    /// <summary>The root mean square of the centred embeddings over that of the embeddings, 0 to 1; near 0 when all embeddings agree.</summary>
    public double RelativeSpread { get; internal init; } = double.NaN;

    /// <summary>The state of the packing in one word.</summary>
    public PackingVerdict Verdict { get; internal init; }

    /// <summary>The verdict and the numbers behind it in one line, the same in every culture.</summary>
    /// <returns>
    /// For example "InContact: 12.5 contacts per sub-manifold with a mean overlap of 0.31, 4.0 % rattlers, 0.0 % of pairs coincident,
    /// relative spread 0.98".
    /// </returns>
    public override string ToString() =>
        Verdict == PackingVerdict.Undefined
            ? $"{Verdict}: the embeddings hold NaN or infinity"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{Verdict}: {MeanContacts:G5} contacts per sub-manifold with a mean overlap of {MeanOverlap:G3}, "
                + $"{RattlerFraction:P1} rattlers, {CoincidentFraction:P1} of pairs coincident, relative spread {RelativeSpread:G3}");

    /// <inheritdoc/>
    public void Dispose()
    {
        Centroids.Dispose();
        Radii.Dispose();
        Contacts.Dispose();
    }
}
