namespace Clamp.Losses.Training;

/// <summary>
/// Reads the user's own images, files ending in <c>.jpg</c>, <c>.jpeg</c> or <c>.png</c>, from any folder and all folders in it. They have
/// labels where they lie in <c>train/&lt;class&gt;/</c>, and test images are those of <c>test/&lt;class&gt;/</c> (or <c>val</c> or
/// <c>validation</c> in place of a missing <c>test</c>).
/// </summary>
public static class ImageFolder
{
    /// <summary>Images that take more bytes than this when decoded, in both splits together, are not held in memory: 1 GB.</summary>
    public const long LargestInMemory = 1_000_000_000;

    /// <summary>The largest image size.</summary>
    public const int MaxSize = 1_024;

    private const string Layout =
        $"train/<class>/{ImageFiles.Endings} and the same below test (or val, or validation), with a folder for each class";

    private static readonly string[] TestFolders = ["test", "val", "validation"];

    /// <summary>
    /// Finds the images. With class folders in <c>train</c>, and no image beside them, classes are the folder names in ordinal order, and
    /// images follow classes and paths. Otherwise all images below <c>train</c>, or below the root where there is no such folder, are
    /// taken in the order of their paths, without labels and without a test part.
    /// </summary>
    /// <param name="root">The folder; names in it that begin with a dot, and links to folders, are passed over, but for linked class folders.</param>
    /// <param name="decode">Decodes a file, such as <c>SkiaImage.Read</c>.</param>
    /// <param name="options">How many, and in what form; the shorter side is scaled before the centre is cut out. The defaults where null.</param>
    /// <returns>The images; transparency is laid over black, EXIF orientation is ignored.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="root"/> is null.</exception>
    /// <exception cref="InvalidOptionsException">The size is out of range or a limit is negative.</exception>
    /// <exception cref="DirectoryNotFoundException">The root does not exist.</exception>
    /// <exception cref="InvalidDataException">There is no image, a class has none, the test part has no class or other classes, an image
    /// cannot be decoded, or images to hold in memory take more than 2 GB.</exception>
    public static ImageSplits Load(DirectoryInfo root, ImageDecoder decode, LoadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(decode);
        options ??= new LoadOptions();
        options.Validate();

        string train = Path.Combine(root.FullName, "train");
        bool isSplit = Directory.Exists(train);
        string[] classes = isSplit && !ImageFiles.AreIn(train) ? ListClasses(train) : [];
        if (classes.Length == 0)
            return Splits(Unlabelled(isSplit ? train : root.FullName, decode, options), test: null, options);

        string? test = TestFolders.Select(name => Path.Combine(root.FullName, name)).FirstOrDefault(Directory.Exists);
        if (test is not null)
            ThrowIfClassesDiffer(train, classes, test, ListClasses(test));
        return Splits(Labelled(train, classes, decode, options), test is null ? null : Labelled(test, classes, decode, options), options);
    }

    /// <summary>Limits both parts, and decodes them into memory unless they are to be streamed.</summary>
    internal static ImageSplits Splits(FileImages train, FileImages? test, LoadOptions options)
    {
        var trainImages = Limited(train, options.TrainLimit, options.Seed);
        var testImages = test is null ? null : Limited(test, options.TestLimit, options.Seed);
        bool isLarge = BytesOf(trainImages) + (testImages is null ? 0 : BytesOf(testImages)) > LargestInMemory;
        return options.Stream ?? (isLarge || options.Centre.Resize > options.ImageSize)
            ? new ImageSplits(trainImages, testImages)
            : new ImageSplits(trainImages.ToMemory(), testImages?.ToMemory());
    }

    private static FileImages Unlabelled(string folder, ImageDecoder decode, LoadOptions options)
    {
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"The folder '{folder}' does not exist; it must hold {ImageFiles.Endings}, or {Layout}.");
        string[] paths = ImageFiles.Below(folder);
        return paths.Length > 0
            ? new FileImages(paths, options.ImageSize, decode, centre: options.Centre)
            : throw new InvalidDataException($"'{folder}' has no image, nor has any folder in it; expected {ImageFiles.Endings}, or {Layout}.");
    }

    private static string[] ListClasses(string split) =>
        [.. Directory.EnumerateDirectories(split)
            .Select(folder => Path.GetFileName(folder))
            .Where(name => !name.StartsWith('.'))
            .Order(StringComparer.Ordinal)];

    private static void ThrowIfClassesDiffer(string train, string[] trainClasses, string test, string[] testClasses)
    {
        if (testClasses.Length == 0)
            throw new InvalidDataException($"'{test}' has no class folder, but '{train}' has; expected {Layout}.");
        string[] onlyTrain = [.. trainClasses.Except(testClasses)];
        string[] onlyTest = [.. testClasses.Except(trainClasses)];
        if (onlyTrain.Length + onlyTest.Length > 0)
        {
            throw new InvalidDataException(
                $"Both splits need the same class folders; only '{train}' has [{string.Join(", ", onlyTrain)}], "
                + $"only '{test}' has [{string.Join(", ", onlyTest)}].");
        }
    }

    private static FileImages Labelled(string split, string[] classes, ImageDecoder decode, LoadOptions options)
    {
        var paths = new List<string>();
        var labels = new List<int>();
        for (int label = 0; label < classes.Length; label++)
        {
            string folder = Path.Combine(split, classes[label]);
            string[] images = ImageFiles.Below(folder);
            if (images.Length == 0)
                throw new InvalidDataException($"'{folder}' has no image; expected {Layout}.");
            paths.AddRange(images);
            labels.AddRange(Enumerable.Repeat(label, images.Length));
        }

        return new FileImages(paths, options.ImageSize, decode, labels, classes, options.Centre);
    }

    private static FileImages Limited(FileImages images, int limit, int seed) =>
        limit == 0 || limit >= images.Count ? images : images.Subset(BalancedSample.Draw(images.HasLabels ? images.Labels : new int[images.Count], limit, seed));

    private static long BytesOf(FileImages images) => (long)images.Count * ImageSource.Channels * images.Height * images.Width;
}
