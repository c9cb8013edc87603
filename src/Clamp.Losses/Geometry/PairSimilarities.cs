namespace Clamp.Losses;

/// <summary>How alike the sub-manifolds of pairs of images are; the same pairs, in the same order, in each list but the last.</summary>
/// <param name="Pairs">How many pairs there are of this kind, all of which are measured unless there are more than was asked for.</param>
/// <param name="Distances">norm(c_i - c_j), c being the mean features of an image's views.</param>
/// <param name="Cosines">c_i . c_j / (norm(c_i) norm(c_j)), -1 to 1; NaN where a centroid is 0.</param>
/// <param name="Orientations">
/// (u_i . u_j)^2, 0 to 1, u being the direction in which an image's views scatter most. Pairs with an image whose views all agree have
/// none and are left out.
/// </param>
public sealed record PairSimilarities(
    long Pairs, IReadOnlyList<double> Distances, IReadOnlyList<double> Cosines, IReadOnlyList<double> Orientations);
