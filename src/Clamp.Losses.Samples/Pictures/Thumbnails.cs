using Clamp.Losses.Training;
using SkiaSharp;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Pictures;

/// <summary>Turns images of a data set into pictures.</summary>
internal static class Thumbnails
{
    /// <summary>An image at its own size; the caller disposes it.</summary>
    public static SKBitmap Bitmap(ImageSource images, int index)
    {
        using var pixels = images.Pixels([index]);
        using var only = pixels.squeeze(0);
        return Bitmap(only);
    }

    /// <summary>An image as a PNG, as a data address.</summary>
    /// <param name="pixels">[3, H, W], uint8 on the processor: red, green, blue.</param>
    public static string Address(Tensor pixels)
    {
        using var bitmap = Bitmap(pixels);
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return $"data:image/png;base64,{Convert.ToBase64String(png.AsSpan())}";
    }

    private static SKBitmap Bitmap(Tensor pixels)
    {
        using var ofPixels = pixels.permute(1, 2, 0);
        using var rows = ofPixels.contiguous();
        var bytes = rows.bytes;
        var (height, width) = ((int)rows.shape[0], (int)rows.shape[1]);
        var bitmap = new SKBitmap(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        for (var i = 0; i < height * width; i++)
        {
            bitmap.SetPixel(i % width, i / width, new SKColor(bytes[3 * i], bytes[3 * i + 1], bytes[3 * i + 2]));
        }

        return bitmap;
    }
}
