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
        var output = new Option<string?>("--output") { Description = "The run folder; by default a new one under runs/.", HelpName = "DIR" };
        projection.AllowMultipleArgumentsPerToken = true;

        var command = new Command("pretrain", "Pretrain an encoder without labels, then score it by linear probe and kNN.");
        dataset.AddTo(command);
        Option[] others =
            [
                imageSize, encoder, projection, epochs, batchSize, views, loss, chunk, learningRate, weightDecay, radiusScale, seed, output,
            ];
        Array.ForEach(others, command.Options.Add);
        command.SetAction(arguments =>
        {
            var options = defaults with
            {
                Dataset = arguments.GetValue(dataset.Dataset) ?? defaults.Dataset,
                DataRoot = arguments.GetValue(dataset.DataRoot)?.FullName,
                StreamImages = arguments.GetValue(dataset.StreamImages),
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
            };
            dataset.Fetch(arguments, options.Dataset, options.DataRoot);
            return Run(options, arguments.GetValue(output));
        });
        return command;
    }

    /// <summary>Trains, scores, and writes the run folder.</summary>
    /// <param name="options">The options.</param>
    /// <param name="output">The run folder, or null for a new one under runs/.</param>
    /// <returns>The exit code, 0.</returns>
    public static int Run(PretrainOptions options, string? output)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var device = cuda.is_available() ? CUDA : CPU;
        var images = Load(options);
        using var trainer = new Pretrainer(options, images.Train, device);
        var folder = RunFolder.Create(output, options);
        Console.WriteLine(
            $"{options.Dataset}: {images.Train.Count} training and {images.Test.Count} test images of "
            + $"{images.Train.Height}x{images.Train.Width}; encoder {options.Encoder}; loss {options.Loss}; "
            + $"{trainer.TotalSteps} steps of {options.BatchSize} images in {options.Views} views; run folder {folder.Path}");

        var before = EncoderScore.Of(trainer.Encoder, images, device, options.Seed);
        var clock = Stopwatch.StartNew();
        var history = Train(trainer, folder);
        var seconds = clock.Elapsed.TotalSeconds;
        folder.SaveEncoder(trainer.Encoder);
        TrainingPlot.Save(history, folder.PlotFile);
        var after = EncoderScore.Of(trainer.Encoder, images, device, options.Seed);

        WriteTable(before, after, history[0], history[^1]);
        Console.WriteLine($"trained in {seconds:F0} s; wrote config.json, metrics.csv, encoder.dat and training.png to {folder.Path}");
        return 0;
    }

    internal static ImageSplits Load(PretrainOptions options) => Datasets.Load(
        options.Dataset,
        options.DataRoot is { } root ? new DirectoryInfo(root) : null,
        options.ImageSize,
        options.TrainImages,
        options.TestImages,
        options.Seed,
        options.StreamImages);

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

    private static Option<T> Option<T>(string name, string description, T defaultValue) =>
        new(name) { Description = description, DefaultValueFactory = _ => defaultValue };
}
