using Clamp.Losses.Images.Skia;
using Clamp.Losses.Training;
using SkiaSharp;

namespace Clamp.Losses.Benchmarks;

/// <summary>A temporary image folder of JPEG files of 400x533 pixels, the size of a small photograph.</summary>
internal sealed class PhotographFolder : IDisposable
{
    private const int Width = 400;
    private const int Height = 533;

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("clamp-benchmark-");

    public PhotographFolder(int count)
    {
        using var scenes = ShapesGenerator.Generate(count, ShapesGenerator.MinSize * 2, seed: 1).Pixels([.. Enumerable.Range(0, count)]);
        foreach (string split in new[] { "train", "test" })
        {
            string folder = _root.CreateSubdirectory(Path.Combine(split, "shapes")).FullName;
            for (int i = 0; i < count; i++)
            {
                Write(Path.Combine(folder, $"{i}.jpg"), scenes[i].data<byte>().ToArray());
            }
        }
    }

    public ImageSource Open(int imageSize) => ImageFolder.Load(_root, SkiaImage.Read, new() { ImageSize = imageSize, Stream = true }).Train;

    public void Dispose() => _root.Delete(recursive: true);

    private static void Write(string path, byte[] planes)
    {
        const int Side = ShapesGenerator.MinSize * 2;
        using var small = new SKBitmap(Side, Side);
        for (int i = 0; i < Side * Side; i++)
        {
            small.SetPixel(i % Side, i / Side, new SKColor(planes[i], planes[(Side * Side) + i], planes[(2 * Side * Side) + i]));
        }

        using var photograph = small.Resize(new SKImageInfo(Width, Height), new SKSamplingOptions(SKCubicResampler.CatmullRom));
        using var file = File.Create(path);
        photograph.Encode(file, SKEncodedImageFormat.Jpeg, quality: 90);
    }
}
