using SkiaSharp;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Analysis;

/// <summary>An image as a PNG, as a data address.</summary>
internal static class ImageTile
{
    /// <summary>Encodes an image.</summary>
    /// <param name="pixels">[3, H, W], uint8 on the processor: red, green, blue.</param>
    public static string Address(Tensor pixels)
    {
        using var rows = pixels.permute(1, 2, 0).contiguous();
        var bytes = rows.bytes;
        var (height, width) = ((int)rows.shape[0], (int)rows.shape[1]);
        using var bitmap = new SKBitmap(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        for (var i = 0; i < height * width; i++)
        {
            bitmap.SetPixel(i % width, i / width, new SKColor(bytes[3 * i], bytes[3 * i + 1], bytes[3 * i + 2]));
        }

        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return $"data:image/png;base64,{Convert.ToBase64String(png.AsSpan())}";
    }
}
