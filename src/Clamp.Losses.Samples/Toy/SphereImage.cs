using System.Numerics;
using SkiaSharp;

namespace Clamp.Losses.Samples.Toy;

/// <summary>Paints one hemisphere of the unit sphere with its caps, a pixel at a time, seen along the z axis without perspective.</summary>
internal static class SphereImage
{
    private const double BodyOpacity = 0.78;
    private const double CapOpacity = 0.5;
    private const double MostOpacity = 0.72;
    private const double RimOpacity = 0.9;
    private const double RimPixels = 3;

    // Where the surface turns away from the viewer an edge would be infinitely thin.
    private const float LeastSlant = 0.15f;

    private static readonly Vector3 Light = Vector3.Normalize(new Vector3(-0.45f, 0.6f, 0.85f));
    private static readonly Vector3 Shade = new(0.68f, 0.71f, 0.79f);

    /// <summary>Paints.</summary>
    /// <param name="caps">In view coordinates: x right, y up, z to the viewer.</param>
    /// <param name="colours">The colour of each cap, from 0 to 1.</param>
    /// <param name="radius">The sphere's radius in pixels.</param>
    /// <param name="front">The hemisphere towards the viewer, on a translucent body, rather than the hidden one.</param>
    /// <returns>A square of 2 * <paramref name="radius"/> + 2 pixels; the caller disposes it.</returns>
    public static SKBitmap Paint(IReadOnlyList<SphericalCap> caps, IReadOnlyList<Vector3> colours, int radius, bool front)
    {
        var side = 2 * radius + 2;
        var bitmap = new SKBitmap(side, side, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        for (var row = 0; row < side; row++)
        {
            for (var column = 0; column < side; column++)
            {
                var (right, up) = (column + 0.5 - side / 2, side / 2 - (row + 0.5));
                var distance = Math.Sqrt(right * right + up * up);
                if (distance < radius + 0.5)
                {
                    bitmap.SetPixel(column, row, Pixel(caps, colours, radius, front, right, up, distance));
                }
            }
        }

        return bitmap;
    }

    private static SKColor Pixel(
        IReadOnlyList<SphericalCap> caps, IReadOnlyList<Vector3> colours, int radius, bool front, double right, double up, double distance)
    {
        var scale = 1 / Math.Max(distance, radius);
        var (x, y) = (right * scale, up * scale);
        var depth = Math.Sqrt(Math.Max(0, 1 - x * x - y * y));
        var at = new Vector3((float)x, (float)y, (float)(front ? depth : -depth));
        var (colour, opacity) = front ? (Body(at) * (float)BodyOpacity, BodyOpacity) : (Vector3.Zero, 0.0);

        // Fills mix alike whatever their order; rims lie above them.
        var (mixed, weight, through) = (Vector3.Zero, 0.0, 1.0);
        for (var i = 0; i < caps.Count; i++)
        {
            var within = Math.Clamp(PixelsInside(caps[i], at, radius) + 0.5, 0, 1);
            (mixed, weight, through) = (mixed + colours[i] * (float)within, weight + within, through * (1 - within * CapOpacity));
        }

        if (weight > 0)
        {
            Lay(mixed / (float)weight, Math.Min(1 - through, MostOpacity));
        }

        for (var i = 0; i < caps.Count; i++)
        {
            var pixels = PixelsInside(caps[i], at, radius);
            Lay(colours[i], Math.Clamp(pixels + 0.5, 0, 1) * Math.Clamp(RimPixels + 0.5 - pixels, 0, 1) * RimOpacity);
        }

        var coverage = Math.Min(1, radius + 0.5 - distance);
        var (r, g, b) = opacity == 0 ? (0, 0, 0) : (colour.X / opacity, colour.Y / opacity, colour.Z / opacity);
        return new SKColor(Byte(r), Byte(g), Byte(b), Byte(opacity * coverage));

        void Lay(Vector3 above, double share) =>
            (colour, opacity) = (Vector3.Lerp(colour, above, (float)share), opacity + (1 - opacity) * share);
    }

    private static Vector3 Body(Vector3 at) =>
        Vector3.Lerp(Shade, Vector3.One, MathF.Pow(Math.Clamp(Vector3.Dot(at, Light), 0, 1), 0.6f));

    /// <summary>How far within a cap a point is, in pixels of the picture: its cosine beyond the edge's over the slope of that.</summary>
    private static double PixelsInside(SphericalCap cap, Vector3 at, int radius)
    {
        var z = Math.Abs(at.Z) < LeastSlant ? MathF.CopySign(LeastSlant, at.Z) : at.Z;
        var (dx, dy) = (cap.Axis.X - cap.Axis.Z * at.X / z, cap.Axis.Y - cap.Axis.Z * at.Y / z);
        return (Vector3.Dot(cap.Axis, at) - cap.Cosine) * radius / Math.Max(Math.Sqrt(dx * dx + dy * dy), 1e-3);
    }

    // In steps too small to see, for runs of equal pixels make a much smaller PNG.
    private static byte Byte(double share) => (byte)(5 * Math.Round(Math.Clamp(share, 0, 1) * 51));
}
