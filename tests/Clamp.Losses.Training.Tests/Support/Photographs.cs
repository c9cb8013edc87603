using SkiaSharp;

namespace Clamp.Losses.Training.Tests;

/// <summary>JPEG files of different sizes whose pixels are waves.</summary>
internal static class Photographs
{
    /// <summary>Draws some below a folder, a.jpg, b.jpg and so on.</summary>
    public static string[] Draw(TemporaryFolder folder, int count) => [.. Enumerable.Range(0, count).Select(number =>
    {
        var path = folder.PathOf("photographs", $"{(char)('a' + number)}.jpg");
        using var bitmap = new SKBitmap(new SKImageInfo(60 + (13 * number), 90 - (5 * number), SKColorType.Rgba8888, SKAlphaType.Opaque));
        for (int y = 0; y < bitmap.Height; y++)
        {
            for (int x = 0; x < bitmap.Width; x++)
            {
                bitmap.SetPixel(x, y, new SKColor(Wave(x, number), Wave(y, number + 1), Wave(x + y, 2)));
            }
        }

        using var stream = File.Create(path);
        bitmap.Encode(stream, SKEncodedImageFormat.Jpeg, 90);
        return path;
    })];

    private static byte Wave(int at, int number) => (byte)(127 * (1 + Math.Sin(at * (number + 1) / 11.0)));
}
