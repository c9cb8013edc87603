using System.CommandLine;
using Clamp.Losses.Samples.Data;

namespace Clamp.Losses.Samples.Commands;

/// <summary>The options that choose images, shared by the commands.</summary>
internal sealed class DatasetArguments
{
    public Option<DatasetKind?> Dataset { get; } = NamedOption.Create<DatasetKind>(
        "--dataset",
        "Which images: shapes (drawn, needs no files), cifar10 (binary version), fashion-mnist, mnist (idx or idx.gz), "
        + "imagefolder (train/CLASS/*.jpg and test/CLASS/*.jpg).",
        "shapes",
        "cifar10",
        "fashion-mnist",
        "mnist",
        "imagefolder");

    public Option<DirectoryInfo?> DataRoot { get; } = new("--data-root")
    {
        Description = "The folder with the data set's files, as they are published.",
        HelpName = "DIR",
    };

    public Option<int> TrainImages { get; } = new("--train-images")
    {
        Description = "How many training images to use, balanced over classes; 0 for all.",
    };

    public Option<int> TestImages { get; } = new("--test-images")
    {
        Description = "How many test images to use, balanced over classes; 0 for all.",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(Dataset);
        command.Options.Add(DataRoot);
        command.Options.Add(TrainImages);
        command.Options.Add(TestImages);
    }
}
