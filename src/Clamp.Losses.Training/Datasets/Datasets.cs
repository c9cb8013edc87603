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
    /// <param name="options">
    /// How many, and in what form. <see cref="DatasetKind.Shapes"/> (32 pixels are the intended size) draws exactly as many as the limits
    /// say, or <see cref="DefaultShapesTrain"/> and <see cref="DefaultShapesTest"/> for 0.
    /// </param>
    /// <param name="decode">Decodes the files of an <see cref="DatasetKind.ImageFolder"/>; the other sets need none.</param>
    /// <returns>Both parts, with the same image size and class names; an image folder may have no test part, and no labels.</returns>
    /// <exception cref="InvalidOptionsException">Options are out of range.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The kind is unknown, or a used size is too small.</exception>
    /// <exception cref="ArgumentException"><paramref name="root"/> is null and the data set is read from files, or there is no decoder for image files.</exception>
    /// <exception cref="FileNotFoundException">A file is missing; the message says what is expected where.</exception>
    /// <exception cref="DirectoryNotFoundException">A folder of <see cref="DatasetKind.ImageFolder"/> is missing.</exception>
    /// <exception cref="InvalidDataException">A file is truncated or damaged, or a published set is not whole; the message says what is missing.</exception>
    public static ImageSplits Load(DatasetKind kind, DirectoryInfo? root, LoadOptions options, ImageDecoder? decode = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var images = kind switch
        {
            DatasetKind.Shapes => DrawShapes(options),
            DatasetKind.Cifar10 => Limit(Cifar10.Load(Require(root, kind)), options),
            DatasetKind.Cifar100 => Limit(Cifar100.Load(Require(root, kind)), options),
            DatasetKind.Cifar100Coarse => Limit(Cifar100.Load(Require(root, kind), coarse: true), options),
            DatasetKind.FashionMnist => Limit(FashionMnist.Load(Require(root, kind)), options),
            DatasetKind.Mnist => Limit(Mnist.Load(Require(root, kind)), options),
            DatasetKind.ImageFolder => ImageFolder.Load(Require(root, kind), Require(decode), options),
            DatasetKind.Unknown => throw new InvalidOptionsException(
                "What images this encoder was trained on is not known; name some with --dataset and --data-root."),
            _ => throw new ArgumentOutOfRangeException(
                nameof(kind), kind, $"'{kind}' is no data set; there are {string.Join(", ", Enum.GetNames<DatasetKind>())}."),
        };
        return images.Warnings.Count == 0 || options.AllowPartial
            ? images
            : throw new InvalidDataException($"{images.Warnings[0]} --download fetches it; --allow-partial goes on with what there is.");
    }

    private static ImageSplits DrawShapes(LoadOptions options)
    {
        int train = options.TrainLimit == 0 ? DefaultShapesTrain : options.TrainLimit;
        int test = options.TestLimit == 0 ? DefaultShapesTest : options.TestLimit;
        return new ImageSplits(
            ShapesGenerator.Generate(train, options.ImageSize, options.Seed),
            ShapesGenerator.Generate(test, options.ImageSize, options.Seed, FirstShapesTestIndex));
    }

    private static ImageSplits Limit(ImageSplits splits, LoadOptions options) => splits with
    {
        Train = options.TrainLimit == 0 ? splits.Train : splits.Train.Sample(options.TrainLimit, options.Seed),
        Test = options.TestLimit == 0 ? splits.Test : splits.Test?.Sample(options.TestLimit, options.Seed),
    };

    private static ImageDecoder Require(ImageDecoder? decode) => decode ?? throw new ArgumentException(
        $"An {DatasetKind.ImageFolder} needs a decoder of image files, such as SkiaImage.Read, but it is null.", nameof(decode));

    private static DirectoryInfo Require(DirectoryInfo? root, DatasetKind kind) => root ?? throw new ArgumentException(
        $"{kind} is read from files: the folder that holds them must be given, but it is null.", nameof(root));
}
