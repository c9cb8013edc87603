using System.Numerics;

namespace Clamp.Losses.Samples.Toy;

/// <summary>Chooses from where a packing is looked at.</summary>
public static class Viewpoint
{
    private const int Candidates = 1000;
    private const double GoldenAngle = 2.399963229728653;

    /// <summary>The rotation into view coordinates (x right, y up, z to the viewer) that has as many of the centroids as it can in sight.</summary>
    /// <param name="centroids">The centroids, in the unit ball.</param>
    /// <returns>The rotation, for row vectors.</returns>
    public static Matrix4x4 Facing(IReadOnlyList<Vector3> centroids)
    {
        // The root rewards many that can be seen over one in the middle.
        var from = Enumerable.Range(0, Candidates).Select(Direction)
            .MaxBy(direction => centroids.Sum(centroid => MathF.Sqrt(Math.Max(0, Vector3.Dot(centroid, direction)))));
        return Matrix4x4.CreateLookAt(from, Vector3.Zero, Vector3.UnitY) with { M43 = 0 };
    }

    /// <summary>Directions spread evenly: a spiral from pole to pole.</summary>
    private static Vector3 Direction(int index)
    {
        var height = 1 - (2 * index + 1.0) / Candidates;
        var (sin, cos) = Math.SinCos(index * GoldenAngle);
        var across = Math.Sqrt(1 - height * height);
        return new Vector3((float)(across * cos), (float)height, (float)(across * sin));
    }
}
