using System.CommandLine;
using System.Diagnostics;
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
        var defaults = new PretrainOptions();
        var dataset = new DatasetArguments();
        var imageSize = Option("--image-size", "The side that shapes and image folders are brought to, in pixels.", defaults.ImageSize);
        var encoder = Option("--encoder", "tiny (trains on about 800 views/s on 2 cores), resnet18 or resnet50.", defaults.Encoder);
        var projection = Option("--projection", "The widths of the projection head's layers; the last is D.", defaults.Projection.ToArray());
        var epochs = Option("--epochs", "Passes over the training images.", defaults.Epochs);
        var batchSize = Option("--batch-size", "Images in a batch, B.", defaults.BatchSize);
        var views = Option("--views", "Views of each image, V.", defaults.Views);
        var loss = NamedOption.Create<LossKind>(
            "--loss", "What is minimised.", "clamp", "nt-xent", "vicreg", "barlow-twins", "mmcr", "alignment-uniformity");
        var chunk = Option(
            "--chunk", "Images that the encoder takes at once, to bound memory; 0 for the whole batch. With clamp alone.", defaults.Chunk);
        var learningRate = Option("--learning-rate", "The peak learning rate of AdamW.", defaults.LearningRate);
        var weightDecay = Option("--weight-decay", "AdamW's decoupled weight decay.", defaults.WeightDecay);
        var radiusScale = Option("--radius-scale", "r_s, the size of a sub-manifold: larger repels further.", defaults.Clamp.RadiusScale);
        var seed = Option("--seed", "Seeds weights, order, augmentation, subsets and probe.", defaults.Seed);
        var run = new RunArguments();
        projection.AllowMultipleArgumentsPerToken = true;

        var command = new Command("pretrain", "Pretrain an encoder without labels, then score it by linear probe and kNN.");
        dataset.AddTo(command);
        Option[] others =
            [
                imageSize, encoder, projection, epochs, batchSize, views, loss, chunk, learningRate, weightDecay, radiusScale, seed,
            ];
        Array.ForEach(others, command.Options.Add);
        run.AddTo(command);
        command.SetAction(arguments => Run(
            arguments.GetValue(run.Resume) is { } earlier ? RunFolder.Resume(earlier).Options : defaults with
            {
                Dataset = arguments.GetValue(dataset.Dataset) ?? defaults.Dataset,
                DataRoot = arguments.GetValue(dataset.DataRoot)?.FullName,
                TrainImages = arguments.GetValue(dataset.TrainImages),
                TestImages = arguments.GetValue(dataset.TestImages),
                ImageSize = arguments.GetValue(imageSize),
                Encoder = arguments.GetValue(encoder),
                Projection = arguments.GetValue(projection)!,
                Epochs = arguments.GetValue(epochs),
                BatchSize = arguments.GetValue(batchSize),
                Views = arguments.GetValue(views),
                Loss = arguments.GetValue(loss) ?? defaults.Loss,
                Chunk = arguments.GetValue(chunk),
                LearningRate = arguments.GetValue(learningRate),
                WeightDecay = arguments.GetValue(weightDecay),
                Seed = arguments.GetValue(seed),
                Clamp = new ClampLossOptions { RadiusScale = arguments.GetValue(radiusScale) },
            },
            run.Settings(arguments)));
        return command;
    }

    /// <summary>Trains, scores, and writes the run folder.</summary>
    /// <param name="options">The options.</param>
    /// <param name="settings">Where and how; with <see cref="RunSettings.Resume"/> the options must be those of the earlier run.</param>
    /// <returns>The exit code: 0, or that of a signal.</returns>
    public static int Run(PretrainOptions options, RunSettings settings)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(settings);
        options.Validate();
        settings.Checkpoints.Validate();
        if (settings.Resume is { } finished && RunFolder.Resume(finished).Folder.IsFinished)
        {
            Console.WriteLine($"The run in {finished} is finished: nothing is left to resume. Score it with probe --run {finished}.");
            return 0;
        }

        var device = cuda.is_available() ? CUDA : CPU;
        var images = Load(options);
        using var trainer = new Pretrainer(options, images.Train, device);
        var folder = settings.Resume is { } path ? RunFolder.Resume(path).Folder : RunFolder.Create(settings.Output, options);
        var output = settings.Quiet ? TextWriter.Null : Console.Out;
        output.WriteLine(
            $"{options.Dataset}: {images.Train.Count} training and {images.Test.Count} test images of "
            + $"{images.Train.Height}x{images.Train.Width}; encoder {options.Encoder}; loss {options.Loss}; "
            + $"{trainer.TotalSteps} steps of {options.BatchSize} images in {options.Views} views; run folder {folder.Path}");

        var before = EncoderScore.Of(trainer.Encoder, images, device, options.Seed);
        var run = new TrainingRun(trainer, folder, settings);
        if (settings.Resume is not null)
        {
            run.Restore(message => Console.Error.WriteLine($"warning: {message}"));
            output.WriteLine($"resumed after step {trainer.StepsDone}");
        }

        var clock = Stopwatch.StartNew();
        var exitCode = run.Train();
        var seconds = clock.Elapsed.TotalSeconds;
        if (exitCode != 0)
        {
            Console.WriteLine($"stopped after step {trainer.StepsDone} of {trainer.TotalSteps}; go on with pretrain --resume {folder.Path}");
            return exitCode;
        }

        var history = MetricsFile.ReadThinned(folder.MetricsFile, trainer.TotalSteps);
        folder.SavePlot(history);
        folder.SaveEncoder(trainer.Encoder);
        var after = EncoderScore.Of(trainer.Encoder, images, device, options.Seed);
        if (!settings.Quiet)
        {
            WriteTable(before, after, history[0], history[^1]);
            StepTimeTable.Write(run.Times, seconds);
        }

        Console.WriteLine(
            $"linear probe {before.LinearProbe:P1} -> {after.LinearProbe:P1}, 20-NN {before.NearestNeighbours:P1} -> "
            + $"{after.NearestNeighbours:P1}; trained in {seconds:F0} s; run folder {folder.Path}");
        return 0;
    }

    internal static ImageSplits Load(PretrainOptions options) => Datasets.Load(
        options.Dataset,
        options.DataRoot is { } root ? new DirectoryInfo(root) : null,
        options.ImageSize,
        options.TrainImages,
        options.TestImages,
        options.Seed);

    private static void WriteTable(EncoderScore before, EncoderScore after, StepMetrics start, StepMetrics end)
    {
        var table = new ResultTable("before", before, "after", after);
        table.AddRow("mean contacts", start.MeanContacts, end.MeanContacts, "F1");
        table.AddRow("mean radius", start.MeanRadius, end.MeanRadius, "F3");
        table.Write();
    }

    private static Option<T> Option<T>(string name, string description, T defaultValue) =>
        new(name) { Description = description, DefaultValueFactory = _ => defaultValue };
}
