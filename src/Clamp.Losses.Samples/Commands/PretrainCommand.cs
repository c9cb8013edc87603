using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Clamp.Losses.Images.Skia;
using Clamp.Losses.Samples.Configuration;
using Clamp.Losses.Samples.Terminal;
using Clamp.Losses.Training;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Commands;

/// <summary>Pretrains an encoder without labels and scores its features before and after.</summary>
public static class PretrainCommand
{
    /// <summary>What it is called.</summary>
    internal const string Name = "pretrain";

    /// <summary>The command.</summary>
    /// <returns>A new command.</returns>
    public static Command Create()
    {
        var settings = new PretrainArguments();
        var run = new RunArguments();
        var printConfig = new Option<bool>("--print-config") { Description = "Print the resolved settings as JSON, and do nothing else." };

        var command = new Command(Name, "Pretrain an encoder without labels, then score it by linear probe and kNN.") { printConfig };
        run.AddTo(command);
        settings.AddTo(command);
        command.SetAction(arguments =>
        {
            var options = settings.Resolve(arguments, run.Resumed(arguments));
            if (arguments.GetValue(printConfig))
            {
                Console.WriteLine(options.ToJson());
                return 0;
            }

            if (TrainingJob.Group.Rank == 0)
            {
                settings.Fetch(arguments, options);
            }

            TrainingJob.Group.Barrier();
            return Run(options, run.Settings(arguments), settings.Preset(arguments));
        });
        return command;
    }

    /// <summary>Trains, scores, and writes the run folder.</summary>
    /// <param name="options">The options.</param>
    /// <param name="settings">Where and how; with <see cref="RunSettings.Resume"/> the options must be those of the earlier run.</param>
    /// <param name="preset">The preset that the options began with, or null.</param>
    /// <param name="signals">What asks the training to stop; null for signals to this training alone.</param>
    /// <returns>The exit code: 0, or that of a signal.</returns>
    public static int Run(RunOptions options, RunSettings settings, string? preset = null, StopSignals? signals = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(settings);
        options.Validate();
        settings.Checkpoints.Validate();
        if (settings.Resume is { } finished && RunFolder.Resume(finished).IsFinished)
        {
            Console.WriteLine($"The run in {finished} is finished: nothing is left to resume. Score it with probe --run {finished}.");
            return 0;
        }

        var (group, device) = (TrainingJob.Group, TrainingJob.Device);
        var threads = SharedCores.Use(settings.Threads, TrainingJob.LocalProcesses);
        var images = options.LoadImages(SkiaImage.Read);
        using var encoder = options.InitialEncoder(device);
        if (group.Rank > 0)
        {
            return Follow(options, images, encoder);
        }

        if (threads is not null)
        {
            Console.Error.WriteLine($"warning: {threads}");
        }

        EvaluatedRun.Warn(images);
        var init = options.Init is null || settings.Resume is not null ? null : InitialWeights.Load(options.Init, encoder);
        using var trainer = new Pretrainer(options, images.Kept, encoder, encoder.FeatureWidth, group);
        var (scorer, notScored) = HeldOutScorer.Create(settings.Score, images, options.Seed, device, options.Normalisation);
        var folder = settings.Resume is { } path ? RunFolder.Resume(path) : Begin(options, settings, preset, images.HeldOut, encoder, init);
        using var run = new TrainingRun(trainer, folder, settings.Checkpoints);
        var (output, result) = (settings.Quiet || settings.Silent ? TextWriter.Null : Console.Out, settings.Silent ? TextWriter.Null : Console.Out);
        var quiet = output == TextWriter.Null;
        Announce(output, options, images, trainer, folder);
        if (group.WorldSize > 1)
        {
            output.WriteLine($"{group.WorldSize} processes of {get_num_threads()} threads");
        }

        if (init is not null)
        {
            Announce(output, init, options);
        }

        if (settings.Resume is not null)
        {
            LoadInitial(encoder, options, folder);
            run.Restore(message => Console.Error.WriteLine($"warning: {message}"));
            output.WriteLine($"resumed after step {trainer.StepsDone}");
        }

        var scores = settings.ScoreEvery == 0
            ? null
            : new EpochScores(trainer, scorer, images.Validation, settings.ScoreEvery, folder, quiet);
        var clock = Stopwatch.StartNew();
        if (Train(run, trainer, scores, quiet, signals) is var exitCode and not 0)
        {
            result.WriteLine($"stopped after step {trainer.StepsDone} of {trainer.TotalSteps}; go on with pretrain --resume {folder.Path}");
            return exitCode;
        }

        var seconds = clock.Elapsed.TotalSeconds;
        folder.SaveEncoder(encoder);
        var history = Plot(folder, trainer.TotalSteps);

        var before = scorer is null ? null : ScoreBefore(options, folder, scorer, device);
        var after = scores?.Last is { } last && last.Step == trainer.TotalSteps ? last.Score : scorer?.Score(encoder);
        ResultFile.Write(Path.Combine(folder.Path, "score.json"), new PretrainReport(images.HeldOut.Count, notScored, before, after) { Warnings = images.Warnings });
        if (!quiet)
        {
            WriteTable(before, after, history);
            StepTimeTable.Write(run.Times, seconds);
        }

        result.WriteLine($"{Summary(before, after, images.HeldOut.Count, notScored)}; trained in {seconds:F0} s; run folder {folder.Path}");
        EvaluatedRun.Warn(images);
        return 0;
    }

    /// <summary>Makes sure, before hours of work, that a new run can begin: its images, its weights and its trainer can be had.</summary>
    /// <param name="options">Valid options.</param>
    internal static void Rehearse(RunOptions options)
    {
        var images = options.LoadImages(SkiaImage.Read);
        using var encoder = options.InitialEncoder(TrainingJob.Device);
        if (options.Init is not null)
        {
            InitialWeights.Load(options.Init, encoder);
        }

        new Pretrainer(options, images.Kept, encoder, encoder.FeatureWidth).Dispose();
    }

    private static string Summary(EncoderScore? before, EncoderScore? after, int heldOut, string? notScored) =>
        before is null || after is null
            ? $"not scored, because {notScored}"
            : (after.LinearProbe is null ? "" : $"linear probe {before.LinearProbe:P1} -> {after.LinearProbe:P1}, ")
                + $"20-NN {before.NearestNeighbours:P1} -> {after.NearestNeighbours:P1} on {heldOut} held-out images";

    private static RunFolder Begin(
        RunOptions options, RunSettings settings, string? preset, IReadOnlyList<int> heldOut, ResNet encoder, InitialWeights? init)
    {
        var started = DateTime.Now.ToString("yyyyMMdd-HHmmss-fff", CultureInfo.InvariantCulture);
        var folder = RunFolder.Create(
            settings.Output ?? Path.Combine("runs", $"{started}-{options.Dataset}".ToLowerInvariant()), options, init is null ? null : encoder);
        (RunProvenance.Of(options, preset) with { Init = init, Processes = TrainingJob.Group.WorldSize }).Save(folder);
        LabelList.Write(Path.Combine(folder.Path, "held-out.txt"), heldOut);
        return folder;
    }

    /// <summary>Trains along with rank 0, which writes the folder and speaks for all.</summary>
    private static int Follow(RunOptions options, ImageSplits images, ResNet encoder)
    {
        using var trainer = new Pretrainer(options, images.Kept, encoder, encoder.FeatureWidth, TrainingJob.Group);
        using var signals = new StopSignals(quiet: true);
        trainer.Run(_ => { }, stop: signals.Stop);
        TrainingJob.Agree(signals.ExitCode);
        return 0;
    }

    /// <summary>Trains to the end or until a signal to any process; returns 0 or the signal's exit code.</summary>
    private static int Train(TrainingRun run, Pretrainer trainer, EpochScores? scores, bool quiet, StopSignals? given)
    {
        using var own = given is null ? new StopSignals() : null;
        var signals = given ?? own!;
        ProgressDisplay.Show(trainer.TotalSteps, trainer.StepsDone, quiet, display => run.Train(scores?.Over(display) ?? display, signals.Stop));
        return TrainingJob.Agree(signals.ExitCode);
    }

    private static void Announce(TextWriter output, RunOptions options, ImageSplits images, Pretrainer trainer, RunFolder folder) =>
        output.WriteLine(
            $"{options.Dataset}: {images.Train.Count - images.HeldOut.Count} training and {images.HeldOut.Count} held-out images of "
            + $"{images.Train.Height}x{images.Train.Width}{(images.Train.HasLabels ? "" : ", without labels")}; encoder {options.Encoder}; loss {options.Loss}; "
            + $"{trainer.TotalSteps} steps of {options.BatchSize} images in {options.Views} views; "
            + FormattableString.Invariant($"{options.Optimizer} with peak learning rate {options.PeakLearningRate():G4}; ")
            + $"run folder {folder.Path}");

    private static void Announce(TextWriter output, InitialWeights init, RunOptions options)
    {
        output.WriteLine($"begins from {init.File}{(init.PassedOver.Count > 0 ? ", without its classifier fc" : "")}");
        if (init.Normalisation is { } theirs && !theirs.Equals(options.Normalisation))
        {
            Console.Error.WriteLine($"warning: {init.File} was trained on images of {theirs}; this run shows it images of {options.Normalisation}.");
        }
    }

    private static void LoadInitial(ResNet encoder, RunOptions options, RunFolder folder)
    {
        if (options.Init is not null)
        {
            folder.LoadInitial(encoder);
        }
    }

    // Scored at the end, with the weights that the trainer began with: a run that is resumed again and again scores once.
    private static EncoderScore ScoreBefore(RunOptions options, RunFolder folder, HeldOutScorer scorer, Device device)
    {
        using var encoder = options.InitialEncoder(device);
        LoadInitial(encoder, options, folder);
        return scorer.Score(encoder);
    }

    /// <summary>Draws the steps and returns them; a metrics.csv that was damaged or removed costs a run its plot, and no more.</summary>
    private static IReadOnlyList<StepMetrics> Plot(RunFolder folder, int totalSteps)
    {
        try
        {
            var history = MetricsFile.ReadThinned(folder.MetricsFile, totalSteps);
            folder.Write("training.png", TrainingPlot.Png(history));
            return history;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"warning: there is no plot of the training: {e.Message}");
            return [];
        }
    }

    private static void WriteTable(EncoderScore? before, EncoderScore? after, IReadOnlyList<StepMetrics> history)
    {
        var table = before is null || after is null ? new ResultTable("before", "after") : new ResultTable("before", before, "after", after);
        if (history.Count > 0)
        {
            table.AddRow("mean contacts", history[0].MeanContacts, history[^1].MeanContacts, "F1");
            table.AddRow("mean radius", history[0].MeanRadius, history[^1].MeanRadius, "F3");
        }

        table.Write();
    }
}
