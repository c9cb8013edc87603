using SkiaSharp;

namespace Clamp.Losses.Images.Skia;

/// <summary>
/// A picture decoded by SkiaSharp: JPEG, PNG, WebP and what else Skia knows. Transparency is laid over black, EXIF orientation is ignored.
/// <see cref="Read(string)"/> is an <see cref="ImageDecoder"/>, <see cref="Read(Stream)"/> an <see cref="ImageStreamDecoder"/>.
/// </summary>
public sealed class SkiaImage : DecodedImage
{
    // JPEG's own limit for a side, and Pillow's for the whole, beyond which a small file is taken for an attack on memory.
    private const int LargestSide = 65_535;
    private const long LargestArea = 178_956_970;

    private readonly SKBitmap _bitmap;

    private SkiaImage(SKBitmap bitmap) => _bitmap = bitmap;

    /// <inheritdoc/>
    public override int Height => _bitmap.Height;

    /// <inheritdoc/>
    public override int Width => _bitmap.Width;

    /// <summary>Decodes a file, on any thread.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The whole picture; the caller disposes it.</returns>
    /// <exception cref="InvalidDataException">The file cannot be decoded as a whole.</exception>
    public static SkiaImage Read(string path)
    {
        // A pipe would be waited for without end; .NET takes it, and whatever else is no file, for one of 0 bytes.
        if (new FileInfo(path) is not { Exists: true, Length: > 0 })
        {
            throw Broken($"'{path}'", File.Exists(path) ? "it is empty or no regular file" : "it does not exist");
        }

        using SKCodec? codec = SKCodec.Create(path, out SKCodecResult result);
        return Decode(codec, result, $"'{path}'");
    }

    /// <summary>Decodes what a stream holds from where it is to its end, on any thread.</summary>
    /// <param name="stream">The stream; it is left open.</param>
    /// <returns>The whole picture; the caller disposes it.</returns>
    /// <exception cref="InvalidDataException">The image cannot be decoded as a whole.</exception>
    public static SkiaImage Read(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        const string Name = "the image";
        using var data = SKData.Create(stream);
        if (data is null || data.Size == 0)
        {
            throw Broken(Name, "it is empty");
        }

        using SKCodec? codec = SKCodec.Create(data);
        return Decode(codec, SKCodecResult.InvalidInput, Name);
    }

    /// <inheritdoc/>
    protected override ReadOnlySpan<byte> Row(int row) => _bitmap.GetPixelSpan().Slice(row * _bitmap.RowBytes, 4 * Width);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _bitmap.Dispose();
        }
    }

    private static SkiaImage Decode(SKCodec? codec, SKCodecResult result, string name)
    {
        if (codec is null)
        {
            throw Broken(name, result.ToString());
        }

        var (width, height) = (codec.Info.Width, codec.Info.Height);
        if (Math.Max(width, height) > LargestSide || (long)width * height > LargestArea)
        {
            throw Broken(name, $"{width} x {height} pixels, above {LargestSide} a side or {LargestArea} in all");
        }

        var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Premul));
        result = codec.GetPixels(bitmap.Info, bitmap.GetPixels());
        if (result == SKCodecResult.Success)
        {
            return new SkiaImage(bitmap);
        }

        bitmap.Dispose();
        throw Broken(name, result.ToString());
    }

    private static InvalidDataException Broken(string name, string reason) =>
        new($"{name} cannot be decoded ({reason}); expected a complete JPEG or PNG image.");
}
