using System.Globalization;
using Clamp.Losses.Geometry;
using static TorchSharp.torch;

namespace Clamp.Losses;

/// <summary>
/// What labelled features look like: how large the clouds of the classes are, how far apart, and in how many directions the features
/// spread. All of it in float64, in memory O(F^2 + K F) beside the features, with F their width and K the number of classes. Where features
/// hold NaN or infinity every figure is NaN. docs/geometry.md has the formulas and where they come from.
/// </summary>
public sealed class ClassGeometry : IDisposable
{
    internal ClassGeometry(Tensor centroids, Tensor centroidCorrelations, IReadOnlyList<ClassManifold> classes, IReadOnlyList<double> eigenvalues)
    {
        (Centroids, CentroidCorrelations, Classes, Eigenvalues) = (centroids, centroidCorrelations, classes, eigenvalues);
    }

    /// <summary>The mean features of each class, [K, F], float64, in the order of <see cref="Classes"/>.</summary>
    public Tensor Centroids { get; }

    /// <summary>
    /// The cosines of the angles between the centroids, seen from their mean, [K, K], float64: -1/(K - 1) off the diagonal when they form
    /// a simplex. NaN for a centroid that lies at the mean.
    /// </summary>
    public Tensor CentroidCorrelations { get; }

    /// <summary>The classes that have images, by ascending label.</summary>
    public IReadOnlyList<ClassManifold> Classes { get; }

    /// <summary>The variances of all features along their principal directions, descending, F numbers; their sum is the total variance.</summary>
    public IReadOnlyList<double> Eigenvalues { get; }

    /// <summary>The mean over classes of <see cref="ClassManifold.Radius"/>.</summary>
    public double MeanRadius { get; internal init; } = double.NaN;

    /// <summary>The mean over classes of <see cref="ClassManifold.Dimension"/>.</summary>
    public double MeanDimension { get; internal init; } = double.NaN;

    /// <summary>The mean of the absolute values of <see cref="CentroidCorrelations"/> off the diagonal, 0 to 1; NaN for an only class.</summary>
    public double MeanCentroidCorrelation { get; internal init; } = double.NaN;

    /// <summary>
    /// The share of the variance that lies between classes, b / (b + w), 0 to 1: b is the mean over classes of the squared distance of the
    /// centroid from the mean of the centroids, w the mean of tr S. Every class counts alike. 0 when nothing varies.
    /// </summary>
    public double SeparationIndex { get; internal init; } = double.NaN;

    /// <summary>(sum of v)^2 / sum of v^2 over the <see cref="Eigenvalues"/> v, 1 to F; 0 when nothing varies.</summary>
    public double ParticipationRatio { get; internal init; } = double.NaN;

    /// <summary>
    /// exp of the entropy of the normalised singular values of the features, which are not centred for this (RankMe, arXiv:2210.02885),
    /// 1 to F; 0 when all features are 0.
    /// </summary>
    public double EffectiveRank { get; internal init; } = double.NaN;

    /// <summary>
    /// The power law of the <see cref="Eigenvalues"/> from rank 11, beyond the few directions that hold the classes, to rank 500 or the
    /// last above 1e-10 of the largest; <see cref="PowerLawFit.Of"/> fits other ranks.
    /// </summary>
    public PowerLawFit PowerLaw { get; internal init; } = new(0, 0, double.NaN, double.NaN, double.NaN);

    /// <summary>Measures labelled features, without a graph.</summary>
    /// <param name="features">[N, F], any floating dtype and device; N and F at least 1.</param>
    /// <param name="labels">The class of each row, [N], int64, on any device.</param>
    /// <returns>The geometry; the caller disposes it.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">A shape or dtype is not as described; the message says what was given.</exception>
    public static ClassGeometry Measure(Tensor features, Tensor labels)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentNullException.ThrowIfNull(labels);
        if (features.dim() != 2 || features.numel() == 0 || !features.is_floating_point())
        {
            throw new ArgumentException(
                $"Features must be floating-point numbers [N, F], with N and F at least 1, not {features.dtype} [{string.Join(", ", features.shape)}].",
                nameof(features));
        }

        return ClassMeasurement.Of(features, LabelOrder.Of(labels, features.shape[0]));
    }

    /// <summary>The figures in one line, the same in every culture.</summary>
    /// <returns>
    /// For example "10 classes: radius 1.2, dimension 21, centroid correlation 0.14, separation 0.41, participation ratio 12.5, effective rank
    /// 80.2, spectrum exponent 1.02 over ranks 11 to 500 (R^2 0.99)".
    /// </returns>
    public override string ToString() => double.IsNaN(ParticipationRatio)
        ? $"{Classes.Count} classes: the features hold NaN or infinity"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{Classes.Count} classes: radius {MeanRadius:G3}, dimension {MeanDimension:G3}, centroid correlation {MeanCentroidCorrelation:G3}, "
            + $"separation {SeparationIndex:G3}, participation ratio {ParticipationRatio:G4}, effective rank {EffectiveRank:G4}, spectrum {PowerLaw}");

    /// <inheritdoc/>
    public void Dispose()
    {
        Centroids.Dispose();
        CentroidCorrelations.Dispose();
    }
}
