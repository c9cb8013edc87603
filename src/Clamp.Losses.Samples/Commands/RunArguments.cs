using System.CommandLine;
using Clamp.Losses.Samples.Configuration;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Commands;

/// <summary>The options that say where and how a run is carried out, apart from those that decide its numbers.</summary>
internal sealed class RunArguments
{
    private static readonly CheckpointOptions Defaults = new();

    private readonly Option<string?> _output = new("--output")
    {
        Description = "The run folder; by default a new one under runs/.",
        HelpName = "DIR",
    };

    private readonly Option<int> _every = DefaultedOption.Create(
        "--checkpoint-every", "Steps between two checkpoints; 0 for one at the end of each epoch.", Defaults.EverySteps);

    private readonly Option<int> _keep = DefaultedOption.Create(
        "--keep-checkpoints", "How many of the newest checkpoints to keep.", Defaults.Keep);

    private readonly Option<int> _keepEvery = DefaultedOption.Create(
        "--keep-every", "Keep the checkpoint at the end of each so many epochs for good; 0 for none.", Defaults.KeepEveryEpochs);

    private readonly Option<ScoreKind?> _score = NamedOption.Create<ScoreKind>(
        "--score",
        "How the encoder is scored on the training images held out: not, by 20-NN, or by a linear probe too, the default.",
        "none",
        "knn",
        "probe");

    private readonly Option<int> _scoreEvery = new("--score-every")
    {
        Description = "Score every so many epochs while training, too, into scores.csv; 0 for the end alone.",
    };

    private readonly Option<int> _threads = new("--threads")
    {
        Description = "The threads of this process; 0 for OMP_NUM_THREADS or else its share of the machine's cores.",
    };

    private readonly Option<bool> _quiet = new("--quiet") { Description = "Write only warnings, errors and the result." };

    private readonly Option<string?> _resume = new("--resume")
    {
        Description = "Go on with the run in this folder, from its newest checkpoint and with its own options.",
        HelpName = "DIR",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_output);
        command.Options.Add(_resume);
        AddWorkTo(command);
        command.Options.Add(_quiet);
        command.Validators.Add(result =>
        {
            if (result.GetResult(_output) is not null && result.GetResult(_resume) is not null)
            {
                result.AddError("--output names a new run's folder and --resume an earlier one's: give one of them.");
            }

            if (result.GetResult("--init") is not null && result.GetResult(_resume) is not null)
            {
                result.AddError("--init begins a new run, and --resume goes on with an earlier one: give one of them.");
            }
        });
    }

    /// <summary>Adds what says how a run is carried out, but for its folder and what it tells.</summary>
    public void AddWorkTo(Command command)
    {
        Option[] options = [_every, _keep, _keepEvery, _score, _scoreEvery, _threads];
        Array.ForEach(options, command.Options.Add);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_scoreEvery) is < 0 and var every)
            {
                result.AddError($"--score-every is {every}; it must be at least 0.");
            }

            if (result.GetValue(_threads) is < 0 and var threads)
            {
                result.AddError($"--threads is {threads}; it must be at least 0.");
            }
        });
    }

    /// <summary>The settings of the run to go on with, or null for a new one.</summary>
    public ConfigurationLayer? Resumed(ParseResult arguments)
    {
        if (arguments.GetValue(_resume) is not { } path)
        {
            return null;
        }

        var folder = RunFolder.Resume(path);

        // A setting that is lost must not become a default.
        folder.ReadOptions<RunOptions>();
        return ConfigurationLayer.FromFile(folder.ConfigFile);
    }

    public RunSettings Settings(ParseResult arguments) => new()
    {
        Output = arguments.GetValue(_output),
        Resume = arguments.GetValue(_resume),
        Checkpoints = new CheckpointOptions
        {
            EverySteps = arguments.GetValue(_every),
            Keep = arguments.GetValue(_keep),
            KeepEveryEpochs = arguments.GetValue(_keepEvery),
        },
        Score = arguments.GetValue(_score) ?? ScoreKind.Probe,
        ScoreEvery = arguments.GetValue(_scoreEvery),
        Threads = arguments.GetValue(_threads),
        Quiet = arguments.GetValue(_quiet),
    };
}
