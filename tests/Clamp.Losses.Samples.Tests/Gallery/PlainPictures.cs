using Clamp.Losses.Samples.Embeddings;
using SkiaSharp;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Tests.Gallery;

/// <summary>A folder of image files and a file of their embeddings, of which some are near-duplicates and one is an outlier.</summary>
internal static class PlainPictures
{
    /// <summary>Names that a page or a terminal could take for something else.</summary>
    public static readonly string[] Hostile =
    [
        "<img src=x onerror=alert(1)>.jpg", "\"quoted' & <b>.png", "</script><script>throw 1<\\script>.png", "写真 [red]ö.jpg", "\u001b[31mred\u0007.jpg", "{{data}}.jpg",
    ];

    /// <summary>Writes as many pictures as there are names, each of one colour; names with / or beyond what a file system takes are left out.</summary>
    public static void Write(string root, IEnumerable<string> names)
    {
        foreach (var (i, name) in names.Index())
        {
            var path = Path.Combine(root, name.Replace('/', Path.DirectorySeparatorChar));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using var bitmap = new SKBitmap(30, 20, SKColorType.Rgba8888, SKAlphaType.Opaque);
            bitmap.Erase(SKColor.FromHsv(i * 47 % 360, 70, 80));
            using var data = bitmap.Encode(name.EndsWith(".png", StringComparison.Ordinal) ? SKEncodedImageFormat.Png : SKEncodedImageFormat.Jpeg, 90);
            File.WriteAllBytes(path, data.ToArray());
        }
    }

    /// <summary>
    /// Embeddings around (1, 0, 0, 0), so that row 3 nearly equals row 1 and row 5 row 4, and the last one lies across them all.
    /// </summary>
    public static EmbeddingTable Table(IReadOnlyList<string> names, string? root, IReadOnlyList<string>? labels = null)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        var embeddings = tensor(new[] { 1f, 0, 0, 0 }) + 0.4 * randn(names.Count, 4, generator: generator);
        embeddings[3] = embeddings[1] * 2;
        embeddings[5] = embeddings[4] + 1e-3;
        embeddings[names.Count - 1] = tensor(new[] { -1f, 0, 0, 0 });
        return new EmbeddingTable(new EmbeddedImages(names, labels, root), embeddings.MoveToOuterDisposeScope());
    }
}
