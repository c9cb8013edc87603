using System.CommandLine;
using System.Diagnostics;
using Clamp.Losses.Samples.Configuration;
using Clamp.Losses.Samples.Data;
using Clamp.Losses.Samples.Evaluation;
using Clamp.Losses.Samples.Training;
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
        var output = new Option<string?>("--output") { Description = "The run folder; by default a new one under runs/.", HelpName = "DIR" };
        var printConfig = new Option<bool>("--print-config") { Description = "Print the resolved settings as JSON, and do nothing else." };

        var command = new Command("pretrain", "Pretrain an encoder without labels, then score it by linear probe and kNN.")
        {
            output,
            printConfig,
        };
        settings.AddTo(command);
        command.SetAction(arguments =>
        {
            var options = settings.Resolve(arguments);
            if (arguments.GetValue(printConfig))
            {
                Console.WriteLine(RunFolder.ToJson(options));
                return 0;
            }

            return Run(options, arguments.GetValue(output), settings.Preset(arguments));
        });
        return command;
    }

    /// <summary>Trains, scores, and writes the run folder.</summary>
    /// <param name="options">The options.</param>
    /// <param name="output">The run folder, or null for a new one under runs/.</param>
    /// <param name="preset">The preset that the options began with, or null.</param>
    /// <returns>The exit code, 0.</returns>
    public static int Run(PretrainOptions options, string? output, string? preset = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var device = cuda.is_available() ? CUDA : CPU;
        var images = Load(options);
        using var trainer = new Pretrainer(options, images.Train, device);
        var folder = RunFolder.Create(output, options);
        RunProvenance.Of(options, preset).Save(folder.Path);
        Console.WriteLine(
            $"{options.Dataset}: {images.Train.Count} training and {images.Test.Count} test images of "
            + $"{images.Train.Height}x{images.Train.Width}; encoder {options.Encoder}; loss {options.Loss}; "
            + $"{trainer.TotalSteps} steps of {options.BatchSize} images in {options.Views} views; "
            + FormattableString.Invariant($"{options.Optimizer} with peak learning rate {options.PeakLearningRate():G4}; ")
            + $"run folder {folder.Path}");

        var before = EncoderScore.Of(trainer.Encoder, images, device, options.Seed);
        var clock = Stopwatch.StartNew();
        var history = Train(trainer, folder);
        var seconds = clock.Elapsed.TotalSeconds;
        folder.SaveEncoder(trainer.Encoder);
        TrainingPlot.Save(history, folder.PlotFile);
        var after = EncoderScore.Of(trainer.Encoder, images, device, options.Seed);

        WriteTable(before, after, history[0], history[^1]);
        Console.WriteLine($"trained in {seconds:F0} s; wrote config.json, provenance.json, metrics.csv, encoder.dat and training.png to {folder.Path}");
        return 0;
    }

    internal static ImageSplits Load(PretrainOptions options) => Datasets.Load(
        options.Dataset,
        options.DataRoot is { } root ? new DirectoryInfo(root) : null,
        options.ImageSize,
        options.TrainImages,
        options.TestImages,
        options.Seed);

    private static List<StepMetrics> Train(Pretrainer trainer, RunFolder folder)
    {
        var history = new List<StepMetrics>();
        using var metrics = folder.OpenMetrics();
        ProgressDisplay.Show(trainer.TotalSteps, report => trainer.Run(step =>
        {
            history.Add(step);
            metrics.Write(step);
            report(step);
        }));
        WarnOfCollapse(history[^1]);
        return history;
    }

    private static void WarnOfCollapse(StepMetrics last)
    {
        if (last.Verdict == PackingVerdict.Collapsed)
        {
            Console.Error.WriteLine(
                "warning: the embeddings have collapsed: different images share one place, so the low loss means nothing. "
                + "Lower --learning-rate or, with --loss clamp, raise --radius-scale.");
        }
    }

    private static void WriteTable(EncoderScore before, EncoderScore after, StepMetrics start, StepMetrics end)
    {
        var table = new ResultTable("before", before, "after", after);
        table.AddRow("mean contacts", start.MeanContacts, end.MeanContacts, "F1");
        table.AddRow("mean radius", start.MeanRadius, end.MeanRadius, "F3");
        table.Write();
    }
}
