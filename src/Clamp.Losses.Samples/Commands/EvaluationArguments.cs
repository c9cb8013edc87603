using System.CommandLine;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Commands;

/// <summary>The options shared by the commands that evaluate a run.</summary>
internal sealed class EvaluationArguments
{
    private readonly Option<string> _run = FinishedRun();

    private readonly Option<int?> _seed = new("--seed")
    {
        Description = "Seeds what is held out or labelled, order and augmentation; by default the run's. The images stay those of the run.",
    };

    private readonly Option<bool> _force = new("--force") { Description = "Replace an earlier result." };

    public DatasetArguments Dataset { get; } = new();

    public Option<string?> Output { get; } = new("--output");

    /// <summary>The option that names a finished run.</summary>
    public static Option<string> FinishedRun() => new("--run")
    {
        Description = "The folder of a finished pretraining.",
        HelpName = "DIR",
        Required = true,
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_run);
        Dataset.AddTo(command);
        command.Options.Add(_seed);
        command.Options.Add(Output);
        command.Options.Add(_force);
    }

    public int Seed(ParseResult arguments, RunOptions options) => arguments.GetValue(_seed) ?? options.Seed;

    public bool Force(ParseResult arguments) => arguments.GetValue(_force);

    /// <summary>Opens the run; its images are its own, where no option says otherwise.</summary>
    public (RunFolder Folder, RunOptions Options) Open(ParseResult arguments)
    {
        var (folder, options) = RunFolder.Open<RunOptions>(arguments.GetValue(_run)!);
        var manifest = arguments.GetValue(Dataset.Manifest)?.FullName;
        var dataset = arguments.GetValue(Dataset.Dataset) ?? (manifest is null ? null : DatasetKind.ImageFolder);
        var isOwn = dataset is null;
        options = options with
        {
            Dataset = dataset ?? options.Dataset,
            Manifest = isOwn ? options.Manifest : manifest,
            TestManifest = arguments.GetValue(Dataset.TestManifest)?.FullName ?? (isOwn ? options.TestManifest : null),
            DataRoot = arguments.GetValue(Dataset.DataRoot)?.FullName ?? options.DataRoot,
            AllowPartial = arguments.GetValue(Dataset.AllowPartial) || options.AllowPartial,
            StreamImages = arguments.GetValue(Dataset.StreamImages) ?? options.StreamImages,
            EvaluationResize = arguments.GetValue(Dataset.EvaluationResize) ?? options.EvaluationResize,
            EvaluationInterpolation = arguments.GetValue(Dataset.EvaluationInterpolation) ?? options.EvaluationInterpolation,
            TrainImages = arguments.Given(Dataset.TrainImages, options.TrainImages),
            TestImages = arguments.Given(Dataset.TestImages, options.TestImages),
            ValidationShare = arguments.Given(Dataset.ValidationShare, options.ValidationShare),
        };
        Dataset.Fetch(arguments, options.Dataset, options.DataRoot);
        return (folder, options);
    }
}
