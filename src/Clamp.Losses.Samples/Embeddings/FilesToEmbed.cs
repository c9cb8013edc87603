using Clamp.Losses.Images.Skia;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Embeddings;

/// <summary>Image files, decoded when their turn comes.</summary>
/// <param name="paths">The files.</param>
/// <param name="images">Their names and labels.</param>
/// <param name="size">The side of the centre that is shown.</param>
/// <param name="centre">How they are scaled before.</param>
internal sealed class FilesToEmbed(IReadOnlyList<string> paths, EmbeddedImages images, int size, CentreCrop centre) : ImagesToEmbed(images, size, size)
{
    private static readonly string[] Splits = ["train", "test", "val", "validation"];

    /// <inheritdoc/>
    public override IEnumerable<string> Identity => paths.Select((path, i) =>
    {
        var file = new FileInfo(path);
        return $"{Images.Names[i]} {(file.Exists ? $"{file.Length} {file.LastWriteTimeUtc.Ticks}" : "missing")}";
    });

    /// <summary>All images of a folder, in the order of their paths. The second folder of a path is a label where all lie in train/CLASS, test/CLASS and so on.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public static FilesToEmbed Below(string folder, int size, CentreCrop centre)
    {
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"The folder '{folder}' does not exist; --data-root names a folder of {ImageFiles.Endings}.");
        }

        var root = Path.GetFullPath(folder);
        var paths = ImageFiles.Below(root);
        if (paths.Length == 0)
        {
            throw new InvalidDataException($"'{folder}' has no image, nor has any folder in it; expected {ImageFiles.Endings}.");
        }

        string[] names = [.. paths.Select(path => Name(root, path))];
        string?[] labels = [.. names.Select(name => name.Split('/') is [var split, var label, _, ..] && Splits.Contains(split) ? label : null)];
        return new FilesToEmbed(paths, new EmbeddedImages(names, labels.Contains(null) ? null : [.. labels.OfType<string>()], root), size, centre);
    }

    /// <summary>The images of a list, in its order.</summary>
    /// <param name="list">A path, or path,label, on each line (<see cref="ImageManifest"/>).</param>
    /// <param name="root">Where relative paths begin; null for the list's folder.</param>
    /// <param name="size">As above.</param>
    /// <param name="centre">As above.</param>
    public static FilesToEmbed Of(FileInfo list, DirectoryInfo? root, int size, CentreCrop centre)
    {
        var listed = (FileImages)ImageManifest.Load(list, SkiaImage.Read, new LoadOptions { ImageSize = size, Stream = true }, root: root).Train;
        var from = (root ?? list.Directory!).FullName;
        string[]? labels = listed.HasLabels ? [.. listed.Labels.Select(label => listed.ClassNames[label])] : null;
        return new FilesToEmbed(listed.Paths, new EmbeddedImages([.. listed.Paths.Select(path => Name(from, path))], labels, from), size, centre);
    }

    /// <inheritdoc/>
    public override byte[] Planes(int[] batch, Action<int, Exception> broken, CancellationToken cancellation)
    {
        var imageBytes = ImageSource.Channels * Height * Width;
        var planes = new byte[batch.Length * imageBytes];
        Parallel.For(0, batch.Length, new ParallelOptions { CancellationToken = cancellation }, i =>
        {
            try
            {
                using var image = SkiaImage.Read(paths[batch[i]]);
                image.CopyCentre(Height, planes.AsSpan(i * imageBytes, imageBytes), centre);
            }
            catch (InvalidDataException e)
            {
                // Where an application's embedder ends at the first one, all are gone through, so that the others keep their places.
                broken(batch[i], e);
            }
        });
        return planes;
    }

    // A file beyond the root keeps its whole path.
    private static string Name(string root, string path) =>
        (Path.GetRelativePath(root, path) is var relative && !relative.StartsWith("..", StringComparison.Ordinal) ? relative : Path.GetFullPath(path))
            .Replace(Path.DirectorySeparatorChar, '/');
}
