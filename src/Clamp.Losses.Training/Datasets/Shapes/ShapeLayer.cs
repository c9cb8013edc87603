using System.Numerics;

namespace Clamp.Losses.Training;

/// <summary>An outline placed in an image and filled with a texture.</summary>
/// <param name="outline">The outline.</param>
/// <param name="centre">Where the centre of its unit disc lies; the image is the unit square.</param>
/// <param name="radius">The radius of the disc in the image.</param>
/// <param name="angle">The angle by which it is turned, in radians.</param>
/// <param name="texture">What it is filled with.</param>
internal sealed class ShapeLayer(ShapeOutline outline, Vector2 centre, float radius, float angle, ShapeTexture texture)
{
    private readonly Vector2 _axis = new Vector2(MathF.Cos(angle), MathF.Sin(angle)) / radius;

    /// <summary>Says whether the filled outline covers a point of the image.</summary>
    /// <param name="point">The point.</param>
    /// <returns>True inside the outline.</returns>
    public bool Covers(Vector2 point)
    {
        Vector2 offset = point - centre;
        if (offset.LengthSquared() > radius * radius)
            return false;

        // Outlines are drawn with y upwards, images with rows downwards.
        return outline.Contains(new(Vector2.Dot(offset, _axis), offset.X * _axis.Y - offset.Y * _axis.X));
    }

    /// <summary>The colour of the filling at a point.</summary>
    /// <param name="point">The point.</param>
    /// <returns>Red, green and blue, which may lie a little outside [0, 1].</returns>
    public Vector3 ColourAt(Vector2 point) => texture.ColourAt(point);
}
