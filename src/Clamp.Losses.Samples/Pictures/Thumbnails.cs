using Clamp.Losses.Training;
using SkiaSharp;

namespace Clamp.Losses.Samples.Pictures;

/// <summary>Turns images of a data set into pictures.</summary>
internal static class Thumbnails
{
    /// <summary>An image at its own size; the caller disposes it.</summary>
    public static SKBitmap Bitmap(ImageSource images, int index)
    {
        using var pixels = images.Pixels([index]);
        var bytes = pixels.bytes;
        var plane = images.Height * images.Width;
        var bitmap = new SKBitmap(images.Width, images.Height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        for (var i = 0; i < plane; i++)
        {
            bitmap.SetPixel(i % images.Width, i / images.Width, new SKColor(bytes[i], bytes[plane + i], bytes[2 * plane + i]));
        }

        return bitmap;
    }
}
