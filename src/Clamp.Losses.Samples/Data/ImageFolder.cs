using SkiaSharp;

namespace Clamp.Losses.Samples.Data;

/// <summary>
/// Reads the user's own images from <c>train/&lt;class&gt;/</c> and <c>test/&lt;class&gt;/</c> (or <c>val</c> or
/// <c>validation</c> in place of a missing <c>test</c>): files ending in <c>.jpg</c>, <c>.jpeg</c> or <c>.png</c>.
/// </summary>
public static class ImageFolder
{
    private const string Layout =
        "train/<class>/*.jpg, *.jpeg or *.png and the same below test (or val, or validation), with a folder for each class";

    private static readonly string[] TestFolders = ["test", "val", "validation"];
    private static readonly string[] Extensions = [".jpg", ".jpeg", ".png"];

    /// <summary>Reads both splits; classes are the folder names in ordinal order, images follow classes and file names.</summary>
    /// <param name="root">The folder of the split folders.</param>
    /// <param name="imageSize">The height and width in pixels, at least 1, to which the shorter side of every image is
    /// scaled before its centre is cut out.</param>
    /// <param name="trainLimit">The largest number of train images, drawn class-balanced before decoding; 0 takes all.</param>
    /// <param name="testLimit">The same for the test images.</param>
    /// <param name="seed">Decides which images a limit takes.</param>
    /// <returns>The images; transparency is laid over black, EXIF orientation is ignored.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="root"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The size is below 1 or a limit is negative.</exception>
    /// <exception cref="DirectoryNotFoundException">The root or a split folder does not exist.</exception>
    /// <exception cref="InvalidDataException">A split has no class, a class has no image, the splits have different
    /// classes, an image cannot be decoded, or the images take more than 2 GB.</exception>
    public static ImageSplits Load(DirectoryInfo root, int imageSize, int trainLimit = 0, int testLimit = 0, int seed = 0)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentOutOfRangeException.ThrowIfLessThan(imageSize, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(trainLimit);
        ArgumentOutOfRangeException.ThrowIfNegative(testLimit);

        string train = FindSplit(root, "train");
        string test = FindSplit(root, TestFolders);
        string[] classes = ListClasses(train);
        ThrowIfClassesDiffer(train, classes, test, ListClasses(test));
        return new ImageSplits(
            ReadSplit(train, classes, imageSize, trainLimit, seed), ReadSplit(test, classes, imageSize, testLimit, seed));
    }

    private static string FindSplit(DirectoryInfo root, params string[] names)
    {
        string? found = names.Select(name => Path.Combine(root.FullName, name)).FirstOrDefault(Directory.Exists);
        return found ?? throw new DirectoryNotFoundException(
            $"'{root.FullName}' has no folder '{string.Join("' or '", names)}'; expected {Layout}.");
    }

    private static string[] ListClasses(string split)
    {
        string[] classes = [.. Directory.EnumerateDirectories(split)
            .Select(folder => Path.GetFileName(folder))
            .Where(name => !name.StartsWith('.'))
            .Order(StringComparer.Ordinal)];
        return classes.Length > 0 ? classes : throw new InvalidDataException($"'{split}' has no class folder; expected {Layout}.");
    }

    private static void ThrowIfClassesDiffer(string train, string[] trainClasses, string test, string[] testClasses)
    {
        string[] onlyTrain = [.. trainClasses.Except(testClasses)];
        string[] onlyTest = [.. testClasses.Except(trainClasses)];
        if (onlyTrain.Length + onlyTest.Length > 0)
        {
            throw new InvalidDataException(
                $"Both splits need the same class folders; only '{train}' has [{string.Join(", ", onlyTrain)}], "
                + $"only '{test}' has [{string.Join(", ", onlyTest)}].");
        }
    }

    private static LabelledImages ReadSplit(string split, string[] classes, int imageSize, int limit, int seed)
    {
        var paths = new List<string>();
        var labels = new List<int>();
        for (int label = 0; label < classes.Length; label++)
        {
            string[] images = ListImages(Path.Combine(split, classes[label]));
            paths.AddRange(images);
            labels.AddRange(Enumerable.Repeat(label, images.Length));
        }

        int[] chosen = limit == 0 ? [.. Enumerable.Range(0, paths.Count)] : BalancedSample.Draw(labels, limit, seed);
        byte[] pixels = DecodeAll(split, [.. chosen.Select(i => paths[i])], imageSize);
        return new LabelledImages(pixels, [.. chosen.Select(i => labels[i])], imageSize, imageSize, classes);
    }

    private static string[] ListImages(string folder)
    {
        string[] images = [.. Directory.EnumerateFiles(folder)
            .Where(path => Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase))
            .Order(StringComparer.Ordinal)];
        return images.Length > 0 ? images : throw new InvalidDataException($"'{folder}' has no image; expected {Layout}.");
    }

    private static byte[] DecodeAll(string split, string[] paths, int imageSize)
    {
        long imageBytes = (long)LabelledImages.Channels * imageSize * imageSize;
        if (paths.Length * imageBytes > Array.MaxLength)
        {
            throw new InvalidDataException(
                $"The {paths.Length} images of '{split}' take {paths.Length * imageBytes} bytes at {imageSize}x{imageSize} pixels; "
                + $"at most {Array.MaxLength} fit. Use a smaller image size or a limit.");
        }

        var pixels = new byte[paths.Length * imageBytes];
        var results = new SKCodecResult[paths.Length];
        Parallel.For(0, paths.Length, i =>
            results[i] = ImageDecoder.Decode(paths[i], pixels.AsSpan(i * (int)imageBytes, (int)imageBytes), imageSize));

        int broken = Array.FindIndex(results, result => result != SKCodecResult.Success);
        return broken < 0 ? pixels : throw new InvalidDataException(
            $"'{paths[broken]}' cannot be decoded ({results[broken]}); expected a complete JPEG or PNG image.");
    }
}
