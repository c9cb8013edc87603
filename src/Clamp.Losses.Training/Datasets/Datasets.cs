namespace Clamp.Losses.Training;

/// <summary>Loads any of the supported data sets.</summary>
public static class Datasets
{
    /// <summary>The number of train images of <see cref="DatasetKind.Shapes"/> when no limit is given.</summary>
    public const int DefaultShapesTrain = 10_000;

    /// <summary>The number of test images of <see cref="DatasetKind.Shapes"/> when no limit is given.</summary>
    public const int DefaultShapesTest = 2_000;

    // A multiple of the number of classes, far beyond any train set: both parts are balanced and never share an image.
    private const int FirstShapesTestIndex = 1_200_000_000;

    /// <summary>Loads the train and the test part of a data set.</summary>
    /// <param name="kind">The data set.</param>
    /// <param name="root">The folder that holds its files; ignored by <see cref="DatasetKind.Shapes"/>, which has none.</param>
    /// <param name="imageSize">
    /// The height and width in pixels of <see cref="DatasetKind.Shapes"/> (32 is the intended size) and
    /// <see cref="DatasetKind.ImageFolder"/>; the other sets keep their own size and ignore it.
    /// </param>
    /// <param name="trainLimit">
    /// The largest number of train images, drawn class-balanced with <paramref name="seed"/>; 0 takes all.
    /// <see cref="DatasetKind.Shapes"/> draws exactly this many, or <see cref="DefaultShapesTrain"/> for 0.
    /// </param>
    /// <param name="testLimit">The same for the test images, with <see cref="DefaultShapesTest"/>.</param>
    /// <param name="seed">Decides which images a limit takes, and which shapes are drawn.</param>
    /// <param name="stream">
    /// Whether an <see cref="DatasetKind.ImageFolder"/> is decoded each time that it is needed; null decides by its size
    /// (<see cref="ImageFolder.LargestInMemory"/>). The other sets are held in memory and ignore it.
    /// </param>
    /// <param name="decode">Decodes the files of an <see cref="DatasetKind.ImageFolder"/>; the other sets need none.</param>
    /// <param name="allowPartial">Whether a published set may be here in part, or altered, with a warning (<see cref="ImageSplits.Warnings"/>).</param>
    /// <param name="centre">How a score sees the pictures of an <see cref="DatasetKind.ImageFolder"/>, as for <see cref="ImageFolder.Load"/>.</param>
    /// <returns>Both parts, with the same image size and class names; an image folder may have no test part, and no labels.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The kind is unknown, a limit is negative, or a used size is too small.</exception>
    /// <exception cref="ArgumentException"><paramref name="root"/> is null and the data set is read from files, or there is no decoder for image files.</exception>
    /// <exception cref="FileNotFoundException">A file is missing; the message says what is expected where.</exception>
    /// <exception cref="DirectoryNotFoundException">A folder of <see cref="DatasetKind.ImageFolder"/> is missing.</exception>
    /// <exception cref="InvalidDataException">A file is truncated or damaged, or a published set is not whole; the message says what is missing.</exception>
    public static ImageSplits Load(
        DatasetKind kind,
        DirectoryInfo? root,
        int imageSize,
        int trainLimit,
        int testLimit,
        int seed,
        bool? stream = null,
        ImageDecoder? decode = null,
        bool allowPartial = false,
        CentreCrop? centre = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(trainLimit);
        ArgumentOutOfRangeException.ThrowIfNegative(testLimit);

        var images = LoadAll(kind, root, imageSize, trainLimit, testLimit, seed, stream, decode, centre);
        return images.Warnings.Count == 0 || allowPartial
            ? images
            : throw new InvalidDataException($"{images.Warnings[0]} --download fetches it; --allow-partial goes on with what there is.");
    }

    private static ImageSplits LoadAll(
        DatasetKind kind,
        DirectoryInfo? root,
        int imageSize,
        int trainLimit,
        int testLimit,
        int seed,
        bool? stream,
        ImageDecoder? decode,
        CentreCrop? centre) =>
        kind switch
        {
            DatasetKind.Shapes => DrawShapes(imageSize, trainLimit, testLimit, seed),
            DatasetKind.Cifar10 => Limit(Cifar10.Load(Require(root, kind)), trainLimit, testLimit, seed),
            DatasetKind.Cifar100 => Limit(Cifar100.Load(Require(root, kind)), trainLimit, testLimit, seed),
            DatasetKind.Cifar100Coarse => Limit(Cifar100.Load(Require(root, kind), coarse: true), trainLimit, testLimit, seed),
            DatasetKind.FashionMnist => Limit(FashionMnist.Load(Require(root, kind)), trainLimit, testLimit, seed),
            DatasetKind.Mnist => Limit(Mnist.Load(Require(root, kind)), trainLimit, testLimit, seed),
            DatasetKind.ImageFolder => ImageFolder.Load(
                Require(root, kind), imageSize, Require(decode), trainLimit, testLimit, seed, stream, centre),
            DatasetKind.Unknown => throw new InvalidOptionsException(
                "What images this encoder was trained on is not known; name some with --dataset and --data-root."),
            _ => throw new ArgumentOutOfRangeException(
                nameof(kind), kind, $"'{kind}' is no data set; there are {string.Join(", ", Enum.GetNames<DatasetKind>())}."),
        };

    private static ImageSplits DrawShapes(int size, int trainLimit, int testLimit, int seed)
    {
        int train = trainLimit == 0 ? DefaultShapesTrain : trainLimit;
        int test = testLimit == 0 ? DefaultShapesTest : testLimit;
        return new ImageSplits(
            ShapesGenerator.Generate(train, size, seed), ShapesGenerator.Generate(test, size, seed, FirstShapesTestIndex));
    }

    private static ImageSplits Limit(ImageSplits splits, int trainLimit, int testLimit, int seed) => splits with
    {
        Train = trainLimit == 0 ? splits.Train : splits.Train.Sample(trainLimit, seed),
        Test = testLimit == 0 ? splits.Test : splits.Test?.Sample(testLimit, seed),
    };

    private static ImageDecoder Require(ImageDecoder? decode) => decode ?? throw new ArgumentException(
        $"An {DatasetKind.ImageFolder} needs a decoder of image files, such as SkiaImage.Read, but it is null.", nameof(decode));

    private static DirectoryInfo Require(DirectoryInfo? root, DatasetKind kind) => root ?? throw new ArgumentException(
        $"{kind} is read from files: the folder that holds them must be given, but it is null.", nameof(root));
}
