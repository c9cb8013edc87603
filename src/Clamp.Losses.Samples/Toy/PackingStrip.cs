using System.Globalization;
using System.Numerics;
using Clamp.Losses.Samples.Pictures;
using Clamp.Losses.Training;
using SkiaSharp;

namespace Clamp.Losses.Samples.Toy;

/// <summary>Draws the toy as one picture: the ten images, and the sphere at some steps, all seen from the same side.</summary>
public static class PackingStrip
{
    /// <summary>The width of the picture in pixels, twice that at which it is to be shown.</summary>
    public const int Width = 1800;

    /// <summary>The height of the picture in pixels.</summary>
    public const int Height = 640;

    private const int Margin = 40;
    private const int Radius = 168;
    private const int SpheresLeft = 292;
    private const int SphereCentre = 274;
    private const int Thumbnail = 84;
    private const int ThumbnailsTop = 112;
    private const float HiddenOpacity = 0.3f;
    private const byte HaloAlpha = 130;
    private const byte FrontLineAlpha = 200;
    private const byte HiddenLineAlpha = 50;

    private static readonly string[] SansSerifs = ["Inter", "Open Sans", "Noto Sans", "DejaVu Sans", "Liberation Sans", "Segoe UI", "Helvetica", "Arial"];
    private static readonly SKTypeface Face = SansSerif(SKFontStyle.Normal);
    private static readonly SKTypeface BoldFace = SansSerif(SKFontStyle.Bold);
    private static readonly SKColor Card = new(0xFFF7F8FA);
    private static readonly SKColor Ink = new(0xFF1F2430);
    private static readonly SKColor FaintInk = new(0xFF5B6372);

    /// <summary>Draws the picture.</summary>
    /// <param name="images">The images, at most ten.</param>
    /// <param name="frames">The packing before every step and after the last, at least one.</param>
    /// <param name="camera">The rotation into view coordinates: x right, y up, z to the viewer.</param>
    /// <returns>The bytes of a PNG file of <see cref="Width"/> x <see cref="Height"/> pixels.</returns>
    public static byte[] Png(ImageSource images, IReadOnlyList<PackingFrame> frames, Matrix4x4 camera)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(frames);
        using var surface = SKSurface.Create(new SKImageInfo(Width, Height));
        var canvas = surface.Canvas;
        using var card = new SKPaint { Color = Card, IsAntialias = true };
        canvas.DrawRoundRect(SKRect.Create(Width, Height), 24, 24, card);
        DrawImages(canvas, images, frames[0].Views[0].Count);
        var chosen = Chosen(frames);
        var room = (Width - Margin / 2 - SpheresLeft) / (float)chosen.Count;
        for (var i = 0; i < chosen.Count; i++)
        {
            DrawFrame(canvas, chosen[i], camera, SpheresLeft + (i + 0.5f) * room);
        }

        var middle = (SpheresLeft + Width - Margin / 2) / 2f;
        DrawArrow(canvas, y: 44);
        Write(canvas, "training: blobs that overlap push each other apart", middle, 52, 24, Ink);
        Write(canvas, "disc: a blob's radius in the loss      dot: a view      line: two blobs that overlap", middle, 606, 23, FaintInk);
        using var picture = surface.Snapshot();
        using var pixels = picture.PeekPixels();
        using var png = pixels.Encode(new SKPngEncoderOptions(SKPngEncoderFilterFlags.None, zLibLevel: 9));
        return png!.ToArray();
    }

    /// <summary>The frames to draw: the first, those where two thirds and one quarter of the contacts are left, and the last.</summary>
    /// <param name="frames">The packing before every step and after the last, at least one.</param>
    /// <returns>One to four frames in the order of their steps; fewer where contacts stay.</returns>
    public static IReadOnlyList<PackingFrame> Chosen(IReadOnlyList<PackingFrame> frames)
    {
        ArgumentNullException.ThrowIfNull(frames);
        return [.. new[] { frames[0], At(2.0 / 3), At(0.25), frames[^1] }.OfType<PackingFrame>().DistinctBy(frame => frame.Step)];

        PackingFrame? At(double share) => frames.FirstOrDefault(frame => frame.Contacts.Count <= share * frames[0].Contacts.Count);
    }

    private static void DrawImages(SKCanvas canvas, ImageSource images, int views)
    {
        var middle = Margin + Thumbnail + 13;
        Write(canvas, "ten images,", middle, 50, 24, Ink);
        Write(canvas, $"{views} noisy views each", middle, 80, 22, Ink);
        for (var i = 0; i < images.Count; i++)
        {
            var box = SKRect.Create(Margin + i % 2 * (Thumbnail + 26), ThumbnailsTop + i / 2 * (Thumbnail + 19), Thumbnail, Thumbnail);
            using var frame = new SKPaint { Color = Colour(i), IsAntialias = true };
            canvas.DrawRoundRect(SKRect.Inflate(box, 7, 7), 9, 9, frame);
            using var picture = Thumbnails.Bitmap(images, i);
            using var image = SKImage.FromBitmap(picture);
            canvas.DrawImage(image, box, new SKSamplingOptions(SKFilterMode.Nearest));
        }
    }

    private static void DrawFrame(SKCanvas canvas, PackingFrame frame, Matrix4x4 camera, float centre)
    {
        var centroids = frame.Centroids.Select(centroid => Vector3.Transform(centroid, camera)).ToList();
        var caps = centroids.Zip(frame.Radii, SphericalCap.Of).ToList();
        DrawHemisphere(canvas, caps, centre, front: false);
        DrawHemisphere(canvas, caps, centre, front: true);
        DrawViews(canvas, frame, camera, centre);
        DrawContacts(canvas, frame, centroids, centre);
        Write(canvas, $"step {frame.Step}", centre, 496, 30, Ink, bold: true);
        Write(canvas, string.Create(CultureInfo.InvariantCulture, $"loss {frame.Loss:F2}, {frame.ContactsInWords}").Replace('-', '−'), centre, 536, 26, Ink);
    }

    private static void DrawHemisphere(SKCanvas canvas, IReadOnlyList<SphericalCap> caps, float centre, bool front)
    {
        using var bitmap = SphereImage.Paint(caps, [.. ToyColours.All.Select(Share)], Radius, front);
        using var image = SKImage.FromBitmap(bitmap);
        using var paint = new SKPaint { Color = SKColors.White.WithAlpha((byte)(255 * (front ? 1 : HiddenOpacity))) };
        canvas.DrawImage(image, centre - Radius - 1, SphereCentre - Radius - 1, paint);
    }

    private static void DrawViews(SKCanvas canvas, PackingFrame frame, Matrix4x4 camera, float centre)
    {
        using var halo = new SKPaint { Color = SKColors.White.WithAlpha(HaloAlpha), IsAntialias = true };

        // One view of each image after the other, so that no image's views cover another's.
        for (var v = 0; v < frame.Views[0].Count; v++)
        {
            for (var i = 0; i < frame.Views.Count; i++)
            {
                var at = Vector3.Transform(frame.Views[i][v], camera);
                if (at.Z < 0)
                {
                    continue;
                }

                using var paint = new SKPaint { Color = Darker(Colour(i)), IsAntialias = true };
                canvas.DrawCircle(OnCanvas(at, centre), 4, halo);
                canvas.DrawCircle(OnCanvas(at, centre), 3, paint);
            }
        }
    }

    private static void DrawContacts(SKCanvas canvas, PackingFrame frame, List<Vector3> centroids, float centre)
    {
        foreach (var (first, second) in frame.Contacts)
        {
            var front = centroids[first].Z + centroids[second].Z >= 0;
            using var paint = new SKPaint { Color = Ink.WithAlpha(front ? FrontLineAlpha : HiddenLineAlpha), IsAntialias = true, StrokeWidth = 2.6f, IsStroke = true };
            canvas.DrawLine(OnCanvas(centroids[first], centre), OnCanvas(centroids[second], centre), paint);
        }
    }

    /// <summary>Draws an arrow from the first sphere to the last, with room for words in the middle.</summary>
    private static void DrawArrow(SKCanvas canvas, float y)
    {
        const int Words = 330, Tip = 12;
        var (left, right) = (SpheresLeft + Margin, Width - 2 * Margin);
        using var paint = new SKPaint { Color = FaintInk, IsAntialias = true, StrokeWidth = 3, IsStroke = true, StrokeCap = SKStrokeCap.Round };
        var middle = (SpheresLeft + Width - Margin / 2) / 2;
        canvas.DrawLine(left, y, middle - Words, y, paint);
        canvas.DrawLine(middle + Words, y, right, y, paint);
        canvas.DrawLine(right - Tip, y - Tip, right, y, paint);
        canvas.DrawLine(right - Tip, y + Tip, right, y, paint);
    }

    private static void Write(SKCanvas canvas, string text, float x, float y, float size, SKColor colour, bool bold = false)
    {
        using var font = new SKFont(bold ? BoldFace : Face, size);
        using var paint = new SKPaint { Color = colour, IsAntialias = true };
        canvas.DrawText(text, x, y, SKTextAlign.Center, font, paint);
    }

    // Skia's default may have serifs, and without fontconfig it knows no "sans-serif".
    private static SKTypeface SansSerif(SKFontStyle style) =>
        SansSerifs.Select(family => SKFontManager.Default.MatchFamily(family, style)).FirstOrDefault(face => face is not null) ?? SKTypeface.Default;

    private static SKPoint OnCanvas(Vector3 point, float centre) => new(centre + point.X * Radius, SphereCentre - point.Y * Radius);

    private static SKColor Colour(int image) => new(ToyColours.All[image] | 0xFF000000);

    private static Vector3 Share(uint colour) => new Vector3((colour >> 16) & 255, (colour >> 8) & 255, colour & 255) / 255;

    private static SKColor Darker(SKColor colour) => new((byte)(colour.Red * 0.7), (byte)(colour.Green * 0.7), (byte)(colour.Blue * 0.7));
}
