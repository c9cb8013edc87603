namespace Clamp.Losses.Training;

/// <summary>
/// Reads the user's own images from <c>train/&lt;class&gt;/</c> and <c>test/&lt;class&gt;/</c> (or <c>val</c> or
/// <c>validation</c> in place of a missing <c>test</c>): files ending in <c>.jpg</c>, <c>.jpeg</c> or <c>.png</c>.
/// </summary>
public static class ImageFolder
{
    /// <summary>Images that take more bytes than this when decoded, in both splits together, are not held in memory: 1 GB.</summary>
    public const long LargestInMemory = 1_000_000_000;

    /// <summary>The largest image size.</summary>
    public const int MaxSize = 1_024;

    private const string Layout =
        "train/<class>/*.jpg, *.jpeg or *.png and the same below test (or val, or validation), with a folder for each class";

    private static readonly string[] TestFolders = ["test", "val", "validation"];
    private static readonly string[] Extensions = [".jpg", ".jpeg", ".png"];

    /// <summary>Reads both splits; classes are the folder names in ordinal order, images follow classes and file names.</summary>
    /// <param name="root">The folder of the split folders.</param>
    /// <param name="imageSize">The height and width in pixels, from 1 to <see cref="MaxSize"/>, to which the shorter side of every image is
    /// scaled before its centre is cut out.</param>
    /// <param name="decode">Decodes a file, such as <c>SkiaImage.Read</c>.</param>
    /// <param name="trainLimit">The largest number of train images, drawn class-balanced before decoding; 0 takes all.</param>
    /// <param name="testLimit">The same for the test images.</param>
    /// <param name="seed">Decides which images a limit takes.</param>
    /// <param name="stream">
    /// Whether files are decoded each time that they are needed, so that crops are taken from the whole picture, instead of once into
    /// memory; null streams what would take more than <see cref="LargestInMemory"/>.
    /// </param>
    /// <returns>The images; transparency is laid over black, EXIF orientation is ignored.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="root"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The size is out of range or a limit is negative.</exception>
    /// <exception cref="DirectoryNotFoundException">The root or a split folder does not exist.</exception>
    /// <exception cref="InvalidDataException">A split has no class, a class has no image, the splits have different
    /// classes, an image cannot be decoded, or images to hold in memory take more than 2 GB.</exception>
    public static ImageSplits Load(
        DirectoryInfo root, int imageSize, ImageDecoder decode, int trainLimit = 0, int testLimit = 0, int seed = 0, bool? stream = null)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(decode);
        ArgumentOutOfRangeException.ThrowIfLessThan(imageSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(imageSize, MaxSize);
        ArgumentOutOfRangeException.ThrowIfNegative(trainLimit);
        ArgumentOutOfRangeException.ThrowIfNegative(testLimit);

        string train = FindSplit(root, "train");
        string test = FindSplit(root, TestFolders);
        string[] classes = ListClasses(train);
        ThrowIfClassesDiffer(train, classes, test, ListClasses(test));
        var trainImages = OpenSplit(train, classes, imageSize, decode, trainLimit, seed);
        var testImages = OpenSplit(test, classes, imageSize, decode, testLimit, seed);
        return stream ?? BytesOf(trainImages) + BytesOf(testImages) > LargestInMemory
            ? new ImageSplits(trainImages, testImages)
            : new ImageSplits(trainImages.ToMemory(), testImages.ToMemory());
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

    private static FileImages OpenSplit(string split, string[] classes, int imageSize, ImageDecoder decode, int limit, int seed)
    {
        var paths = new List<string>();
        var labels = new List<int>();
        for (int label = 0; label < classes.Length; label++)
        {
            string[] images = ListImages(Path.Combine(split, classes[label]));
            paths.AddRange(images);
            labels.AddRange(Enumerable.Repeat(label, images.Length));
        }

        var all = new FileImages(paths, imageSize, decode, labels, classes);
        return limit == 0 || limit >= all.Count ? all : all.Subset(BalancedSample.Draw(labels, limit, seed));
    }

    private static string[] ListImages(string folder)
    {
        string[] images = [.. Directory.EnumerateFiles(folder)
            .Where(path => Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase))
            .Order(StringComparer.Ordinal)];
        return images.Length > 0 ? images : throw new InvalidDataException($"'{folder}' has no image; expected {Layout}.");
    }

    private static long BytesOf(FileImages images) => (long)images.Count * ImageSource.Channels * images.Height * images.Width;
}
