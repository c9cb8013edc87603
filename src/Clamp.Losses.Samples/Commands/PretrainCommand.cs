using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Clamp.Losses.Samples.Configuration;
using Clamp.Losses.Samples.Terminal;
using Clamp.Losses.Training;
using Clamp.Losses.Training.Skia;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Commands;

/// <summary>Pretrains an encoder without labels and scores its features before and after.</summary>
public static class PretrainCommand
{
    /// <summary>The command.</summary>
    /// <returns>A new command.</returns>
    public static Command Create()
    {
        var settings = new PretrainArguments();
        var run = new RunArguments();
        var printConfig = new Option<bool>("--print-config") { Description = "Print the resolved settings as JSON, and do nothing else." };

        var command = new Command("pretrain", "Pretrain an encoder without labels, then score it by linear probe and kNN.") { printConfig };
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

            settings.Fetch(arguments, options);
            return Run(options, run.Settings(arguments), settings.Preset(arguments));
        });
        return command;
    }

    /// <summary>Trains, scores, and writes the run folder.</summary>
    /// <param name="options">The options.</param>
    /// <param name="settings">Where and how; with <see cref="RunSettings.Resume"/> the options must be those of the earlier run.</param>
    /// <param name="preset">The preset that the options began with, or null.</param>
    /// <returns>The exit code: 0, or that of a signal.</returns>
    public static int Run(RunOptions options, RunSettings settings, string? preset = null)
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

        var device = cuda.is_available() ? CUDA : CPU;
        var images = options.LoadImages(SkiaImage.Read);
        LinearProbe.ThrowIfTooFew(images.Train.Count);
        using var encoder = options.InitialEncoder(device);
        using var trainer = new Pretrainer(options, images.Train, encoder, encoder.FeatureWidth);
        var folder = OpenOrCreate(options, settings, preset);
        using var run = new TrainingRun(trainer, folder, settings.Checkpoints);
        var output = settings.Quiet ? TextWriter.Null : Console.Out;
        Announce(output, options, images, trainer, folder);
        if (settings.Resume is not null)
        {
            run.Restore(message => Console.Error.WriteLine($"warning: {message}"));
            output.WriteLine($"resumed after step {trainer.StepsDone}");
        }

        var clock = Stopwatch.StartNew();
        if (Train(run, trainer, settings.Quiet) is var exitCode and not 0)
        {
            Console.WriteLine($"stopped after step {trainer.StepsDone} of {trainer.TotalSteps}; go on with pretrain --resume {folder.Path}");
            return exitCode;
        }

        var seconds = clock.Elapsed.TotalSeconds;
        folder.SaveEncoder(encoder);
        var history = Plot(folder, trainer.TotalSteps);

        var before = UntrainedScore(options, images, device);
        var after = EncoderScore.Of(encoder, images, device, options.Seed);
        if (!settings.Quiet)
        {
            WriteTable(before, after, history);
            StepTimeTable.Write(run.Times, seconds);
        }

        Console.WriteLine(
            $"linear probe {before.LinearProbe:P1} -> {after.LinearProbe:P1}, 20-NN {before.NearestNeighbours:P1} -> "
            + $"{after.NearestNeighbours:P1}; trained in {seconds:F0} s; run folder {folder.Path}");
        return 0;
    }

    private static RunFolder OpenOrCreate(RunOptions options, RunSettings settings, string? preset)
    {
        if (settings.Resume is { } path)
        {
            return RunFolder.Resume(path);
        }

        var started = DateTime.Now.ToString("yyyyMMdd-HHmmss-fff", CultureInfo.InvariantCulture);
        var folder = RunFolder.Create(settings.Output ?? Path.Combine("runs", $"{started}-{options.Dataset}".ToLowerInvariant()), options);
        RunProvenance.Of(options, preset).Save(folder);
        return folder;
    }

    /// <summary>Trains to the end or until a signal; returns 0 or the signal's exit code.</summary>
    private static int Train(TrainingRun run, Pretrainer trainer, bool quiet)
    {
        using var signals = new StopSignals();
        ProgressDisplay.Show(trainer.TotalSteps, trainer.StepsDone, quiet, display => run.Train(display, signals.Stop));
        return signals.ExitCode;
    }

    private static void Announce(TextWriter output, RunOptions options, ImageSplits images, Pretrainer trainer, RunFolder folder) =>
        output.WriteLine(
            $"{options.Dataset}: {images.Train.Count} training and {images.Test.Count} test images of "
            + $"{images.Train.Height}x{images.Train.Width}; encoder {options.Encoder}; loss {options.Loss}; "
            + $"{trainer.TotalSteps} steps of {options.BatchSize} images in {options.Views} views; "
            + FormattableString.Invariant($"{options.Optimizer} with peak learning rate {options.PeakLearningRate():G4}; ")
            + $"run folder {folder.Path}");

    // Scored at the end, with the weights that the seed gave the trainer: a run that is resumed again and again scores once.
    private static EncoderScore UntrainedScore(RunOptions options, ImageSplits images, Device device)
    {
        using var encoder = options.InitialEncoder(device);
        return EncoderScore.Of(encoder, images, device, options.Seed);
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

    private static void WriteTable(EncoderScore before, EncoderScore after, IReadOnlyList<StepMetrics> history)
    {
        var table = new ResultTable("before", before, "after", after);
        if (history.Count > 0)
        {
            table.AddRow("mean contacts", history[0].MeanContacts, history[^1].MeanContacts, "F1");
            table.AddRow("mean radius", history[0].MeanRadius, history[^1].MeanRadius, "F3");
        }

        table.Write();
    }
}
