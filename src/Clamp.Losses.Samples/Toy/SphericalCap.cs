using System.Numerics;

namespace Clamp.Losses.Samples.Toy;

/// <summary>
/// What a sub-manifold covers of the unit sphere: all points no farther from its centroid than its radius. Centroids lie inside the
/// sphere and distances are chords, so it is the cap of the sphere that the ball of that radius cuts out. Caps that overlap share a point
/// and are therefore in contact; contacts that are shallow may lie within the sphere alone.
/// </summary>
/// <param name="Axis">The direction of the middle, of length 1.</param>
/// <param name="Cosine">The cosine of the angle between the middle and the edge; above 1 for no cap, at most -1 for the whole sphere.</param>
public readonly record struct SphericalCap(Vector3 Axis, double Cosine)
{
    /// <summary>The cap of a sub-manifold.</summary>
    /// <param name="centroid">Its centroid, in the unit ball.</param>
    /// <param name="radius">Its radius.</param>
    /// <returns>The cap; the whole sphere or nothing where the centroid is the middle of the sphere.</returns>
    public static SphericalCap Of(Vector3 centroid, double radius)
    {
        var norm = centroid.Length();
        return norm == 0
            ? new SphericalCap(Vector3.UnitZ, radius < 1 ? double.PositiveInfinity : -1)
            : new SphericalCap(centroid / norm, (1 + (double)norm * norm - radius * radius) / (2.0 * norm));
    }
}
