using SkiaSharp;

namespace Clamp.Losses.Samples.Data;

/// <summary>Decodes image files of any size into square RGB planes of one size.</summary>
internal static class ImageDecoder
{
    /// <summary>Decodes a file, scales its shorter side to a size and cuts out the centre.</summary>
    /// <param name="path">A JPEG or PNG file; transparency is laid over black, EXIF orientation is ignored.</param>
    /// <param name="planes">Receives the red, the green and the blue plane, each of size x size bytes, row by row.</param>
    /// <param name="size">The height and width wanted.</param>
    /// <returns><see cref="SKCodecResult.Success"/>, or why the file cannot be decoded as a whole.</returns>
    public static SKCodecResult Decode(string path, Span<byte> planes, int size)
    {
        using SKCodec? codec = SKCodec.Create(path, out SKCodecResult opened);
        if (codec is null)
            return opened;

        using var original = new SKBitmap(WithSize(codec.Info.Width, codec.Info.Height));
        SKCodecResult decoded = codec.GetPixels(original.Info, original.GetPixels());
        if (decoded != SKCodecResult.Success)
            return decoded;

        using SKBitmap square = ScaleCentre(original, size);
        SplitPlanes(square.GetPixelSpan(), planes);
        return SKCodecResult.Success;
    }

    private static SKImageInfo WithSize(int width, int height) => new(width, height, SKColorType.Rgba8888, SKAlphaType.Premul);

    private static SKBitmap ScaleCentre(SKBitmap original, int size)
    {
        // Cutting before scaling gives the same picture as scaling first, with less work.
        int side = Math.Min(original.Width, original.Height);
        var centre = SKRect.Create((original.Width - side) / 2, (original.Height - side) / 2, side, side);

        // Mipmaps average all pixels when shrinking, which would alias otherwise; Catmull-Rom keeps pixels at scale 1 exact.
        var sampling = side > size
            ? new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear)
            : new SKSamplingOptions(SKCubicResampler.CatmullRom);

        var square = new SKBitmap(WithSize(size, size));
        original.SetImmutable();
        using SKImage image = SKImage.FromBitmap(original);
        using var canvas = new SKCanvas(square);
        canvas.Clear(SKColors.Black);
        canvas.DrawImage(image, centre, SKRect.Create(size, size), sampling);
        return square;
    }

    private static void SplitPlanes(ReadOnlySpan<byte> rgba, Span<byte> planes)
    {
        const int BytesPerPixel = 4;
        int plane = rgba.Length / BytesPerPixel;
        for (int pixel = 0; pixel < plane; pixel++)
            for (int channel = 0; channel < LabelledImages.Channels; channel++)
                planes[channel * plane + pixel] = rgba[pixel * BytesPerPixel + channel];
    }
}
