using TorchSharp;
using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>Everything that decides a run of a named data set and a named encoder; stored with it as config.json.</summary>
public sealed record RunOptions : PretrainOptions
{
    private const int MostResize = 2 * ImageFolder.MaxSize;

    /// <summary>The images.</summary>
    public DatasetKind Dataset { get; init; } = DatasetKind.Shapes;

    /// <summary>The folder with the data set's files; not used for the drawn shapes.</summary>
    public string? DataRoot { get; init; }

    /// <summary>
    /// A list of the training images (<see cref="ImageManifest"/>), in place of the folder of an <see cref="DatasetKind.ImageFolder"/>;
    /// relative paths begin at <see cref="DataRoot"/>, or else at the list.
    /// </summary>
    public string? Manifest { get; init; }

    /// <summary>A list of the test images, beside <see cref="Manifest"/>.</summary>
    public string? TestManifest { get; init; }

    /// <summary>The side that drawn shapes and image folders are brought to, in pixels; from 16 to 1024.</summary>
    public int ImageSize { get; init; } = 32;

    /// <summary>
    /// What evaluation scales the shorter side of image files to, before the centre of <see cref="ImageSize"/> is cut out: 0 for
    /// <see cref="ImageSize"/>, or from that to 2048. Images of one size, such as CIFAR's, are seen as they are.
    /// </summary>
    public int EvaluationResize { get; init; }

    /// <summary>How evaluation resizes images.</summary>
    public Interpolation EvaluationInterpolation { get; init; } = Interpolation.Bilinear;

    /// <summary>
    /// Whether image folders are decoded anew in each epoch, so that crops come from the whole picture; null decides by their size
    /// (<see cref="ImageFolder.LargestInMemory"/>) and streams where <see cref="EvaluationResize"/> is above <see cref="ImageSize"/>.
    /// </summary>
    public bool? StreamImages { get; init; }

    /// <summary>How many training images to use, balanced over classes; 0 for all, or for the usual number of shapes.</summary>
    public int TrainImages { get; init; }

    /// <summary>How many test images to use, balanced over classes; 0 for all.</summary>
    public int TestImages { get; init; }

    /// <summary>Whether a published set may be here in part, or altered: results then repeat a warning.</summary>
    public bool AllowPartial { get; init; }

    /// <summary>
    /// The share of the training images that is held out (<see cref="ImageSplits.HeldOut"/>), the same of each class where there are
    /// labels: not trained on, and what scores during training and whatever else is chosen may use. From 0 to below 1.
    /// </summary>
    public double ValidationShare { get; init; } = 0.05;

    /// <summary>The network whose features are wanted.</summary>
    public EncoderKind Encoder { get; init; } = EncoderKind.Tiny;

    /// <summary>Whether the encoder begins with a 3x3 convolution, for small images, or ImageNet's stem: 7x7, stride 2, max-pool.</summary>
    public bool SmallStem { get; init; } = true;

    /// <summary>The padding of the small stem: 1, or 2 as in the paper's code, which adds 2 pixels to height and width.</summary>
    public int StemPadding { get; init; } = 1;

    /// <summary>
    /// The weights that the encoder begins with, a file or a run's folder (<see cref="InitialWeights"/>), in place of those that the seed
    /// draws; null for the latter. They are stored with the run, which does not look at the file again.
    /// </summary>
    public string? Init { get; init; }

    /// <summary>The side of the images that the encoder is trained on: published sets keep their own.</summary>
    internal int SeenSize => Dataset switch
    {
        DatasetKind.Cifar10 or DatasetKind.Cifar100 or DatasetKind.Cifar100Coarse => 32,
        DatasetKind.Mnist or DatasetKind.FashionMnist => 28,
        _ => ImageSize,
    };

    private bool NeedsFiles => Dataset is not (DatasetKind.Shapes or DatasetKind.Unknown) && Manifest is null;

    /// <summary>Loads the images of the options.</summary>
    /// <param name="decode">Decodes image files; needed by <see cref="DatasetKind.ImageFolder"/> alone.</param>
    /// <returns>The images, of which <see cref="ValidationShare"/> is held out.</returns>
    /// <exception cref="IOException">A file or folder is missing; the message says what is expected where.</exception>
    /// <exception cref="InvalidDataException">A file is damaged; the message names it.</exception>
    public ImageSplits LoadImages(ImageDecoder? decode = null)
    {
        var root = DataRoot is null ? null : new DirectoryInfo(DataRoot);
        var options = new LoadOptions
        {
            ImageSize = ImageSize,
            TrainLimit = TrainImages,
            TestLimit = TestImages,
            Seed = Seed,
            Stream = StreamImages,
            Centre = new CentreCrop(EvaluationResize, EvaluationInterpolation),
            AllowPartial = AllowPartial,
        };
        var images = Manifest is null
            ? Datasets.Load(Dataset, root, options, decode)
            : ImageManifest.Load(
                new FileInfo(Manifest),
                decode ?? throw new ArgumentException("A list of image files needs a decoder, such as SkiaImage.Read, but it is null.", nameof(decode)),
                options,
                TestManifest is null ? null : new FileInfo(TestManifest),
                root);
        return images.HoldOut(ValidationShare, Seed);
    }

    /// <summary>
    /// The encoder with the weights that <see cref="PretrainOptions.Seed"/> draws, those that a run without <see cref="Init"/> begins with. A <see cref="Pretrainer"/>
    /// that is made next draws its head from the same sequence.
    /// </summary>
    /// <param name="device">Where.</param>
    /// <returns>A new network; the caller owns it.</returns>
    public ResNet InitialEncoder(Device device)
    {
        random.manual_seed(Seed);
        return Encoders.Create(Encoder, SmallStem, StemPadding).to(device);
    }

    /// <inheritdoc/>
    public override PretrainOptions Essentials() => this with
    {
        DataRoot = null,
        Init = Path.GetFileName(Path.TrimEndingDirectorySeparator(Init ?? "")) is { Length: > 0 } name ? name : null,
        Manifest = Path.GetFileName(Manifest),
        TestManifest = Path.GetFileName(TestManifest),
    };

    /// <inheritdoc/>
    internal override Dictionary<string, object?> Earlier() => new(base.Earlier())
    {
        [nameof(EvaluationResize)] = 0,
        [nameof(EvaluationInterpolation)] = Interpolation.Bilinear,
        [nameof(Init)] = null,
    };

    /// <inheritdoc/>
    public override IEnumerable<string> Faults() =>
    [
        .. OptionRules.Faults(
            (NeedsFiles && string.IsNullOrEmpty(DataRoot), nameof(DataRoot), "not given", $"the folder with the files of {Dataset}{(Dataset == DatasetKind.ImageFolder ? "" : ", into which --download fetches them")}"),
            (
                Manifest is not null && Dataset != DatasetKind.ImageFolder,
                nameof(Manifest),
                $"'{Manifest}'",
                $"absent unless Dataset is ImageFolder; it is {Dataset}"),
            (TestManifest is not null && Manifest is null, nameof(TestManifest), $"'{TestManifest}'", "absent unless Manifest is given"),
            (ImageSize is < 16 or > ImageFolder.MaxSize, nameof(ImageSize), ImageSize, $"from 16 to {ImageFolder.MaxSize}"),
            (
                EvaluationResize != 0 && (EvaluationResize < ImageSize || EvaluationResize > MostResize),
                nameof(EvaluationResize),
                EvaluationResize,
                $"0, or from the image size, {ImageSize}, to {MostResize}"),
            (!Enum.IsDefined(EvaluationInterpolation), nameof(EvaluationInterpolation), EvaluationInterpolation, "bilinear or bicubic"),
            (TrainImages < 0, nameof(TrainImages), TrainImages, "at least 0"),
            (TestImages < 0, nameof(TestImages), TestImages, "at least 0"),
            (!(ValidationShare is >= 0 and < 1), nameof(ValidationShare), ValidationShare, "from 0 to below 1"),
            (StemPadding is not (1 or 2), nameof(StemPadding), StemPadding, "1 or 2"),
            (StemPadding != 1 && !SmallStem, nameof(StemPadding), StemPadding, "1 unless SmallStem is true, the one stem with a choice")),
        .. base.Faults(),
    ];
}
