using System.CommandLine;
using Clamp.Losses.Samples.Terminal;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Commands;

/// <summary>The options that choose images, shared by the commands.</summary>
internal sealed class DatasetArguments
{
    public Option<DatasetKind?> Dataset { get; } = NamedOption.Create<DatasetKind>(
        "--dataset",
        "Which images: shapes (drawn, needs no files), cifar10, cifar100 or cifar100-coarse (binary version, unpacked or as "
        + "archive), fashion-mnist, mnist (idx or idx.gz), imagefolder (any folder of JPEG and PNG files; labels where it has "
        + "train/CLASS/*.jpg and test/CLASS/*.jpg).",
        "shapes",
        "cifar10",
        "cifar100",
        "cifar100-coarse",
        "fashion-mnist",
        "mnist",
        "imagefolder");

    public Option<DirectoryInfo?> DataRoot { get; } = new("--data-root")
    {
        Description = "The folder with the data set's files, as they are published.",
        HelpName = "DIR",
    };

    public Option<FileInfo?> Manifest { get; } = new("--manifest")
    {
        Description = "A list of the training images in place of an image folder: a path, or path,label, on each line. Relative paths "
            + "begin at --data-root, or else at the list.",
        HelpName = "FILE",
    };

    public Option<FileInfo?> TestManifest { get; } = new("--test-manifest")
    {
        Description = "A list of the test images, beside --manifest.",
        HelpName = "FILE",
    };

    public Option<bool> Download { get; } = new("--download")
    {
        Description = "First fetch what the data root of cifar10, cifar100, mnist or fashion-mnist lacks; goes on where it stopped.",
    };

    public Option<bool> AllowPartial { get; } = new("--allow-partial")
    {
        Description = "Go on, with a warning that results repeat, where a published set is there in part, or altered.",
    };

    public Option<bool?> StreamImages { get; } = new("--stream-images")
    {
        Description = "Decode an image folder anew in each epoch, crops from whole pictures (true), or once into memory (false); by "
            + "default true above 1 GB.",
        HelpName = "true|false",
    };

    public Option<int?> EvaluationResize { get; } = new("--evaluation-resize")
    {
        Description = "What scores scale the shorter side of image files to, before they cut out the centre, such as 256 for centres of 224; "
            + "by default the image size.",
    };

    public Option<Interpolation?> EvaluationInterpolation { get; } = NamedOption.Create<Interpolation>(
        "--evaluation-interpolation", "How scores resize images, antialiased; by default bilinear.", "bilinear", "bicubic");

    public Option<int> TrainImages { get; } = new("--train-images")
    {
        Description = "How many training images to use, balanced over classes; 0 for all.",
    };

    public Option<int> TestImages { get; } = new("--test-images")
    {
        Description = "How many test images to use, balanced over classes; 0 for all.",
    };

    public Option<double> ValidationShare { get; } = DefaultedOption.Create(
        "--validation-share",
        "The share of the training images that is held out: not trained on, and all that choices may look at. 0 for none.",
        new RunOptions().ValidationShare);

    public void AddTo(Command command)
    {
        command.Options.Add(Dataset);
        command.Options.Add(DataRoot);
        command.Options.Add(Manifest);
        command.Options.Add(TestManifest);
        command.Options.Add(Download);
        command.Options.Add(AllowPartial);
        command.Options.Add(StreamImages);
        command.Options.Add(EvaluationResize);
        command.Options.Add(EvaluationInterpolation);
        command.Options.Add(TrainImages);
        command.Options.Add(TestImages);
        command.Options.Add(ValidationShare);
    }

    /// <summary>Fetches the data set's files when <c>--download</c> is given.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="kind">The data set.</param>
    /// <param name="root">Where its files belong.</param>
    public void Fetch(ParseResult arguments, DatasetKind kind, string? root)
    {
        if (arguments.GetValue(Download))
        {
            DatasetDownload.Run(kind, new DirectoryInfo(root ?? throw new InvalidOptionsException(
                "--download is given without --data-root; it must be the folder to put the files into.")));
        }
    }
}
