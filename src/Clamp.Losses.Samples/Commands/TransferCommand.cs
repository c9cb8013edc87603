using System.CommandLine;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Commands;

/// <summary>Scores the frozen encoder of a finished run by a linear classifier on another data set than its own.</summary>
public static class TransferCommand
{
    /// <summary>The command.</summary>
    /// <returns>A new command.</returns>
    public static Command Create()
    {
        var (shared, probe) = (new EvaluationArguments(), new ProbeArguments());
        shared.Dataset.Dataset.Required = true;
        shared.Output.Description = "The result; by default transfer-DATASET.json in the run folder.";
        shared.Output.HelpName = "FILE";
        var imageSize = new Option<int?>("--image-size")
        {
            Description = "The side that the images are brought to, in pixels; by default the data set's own, or the run's if it has none.",
        };
        var command = new Command("transfer", "Score a pretrained encoder by a linear classifier on another data set.");
        shared.AddTo(command);
        command.Options.Add(imageSize);
        probe.AddTo(command);
        command.SetAction(arguments =>
        {
            var (folder, options) = shared.Open(arguments);
            var protocol = probe.Options(arguments);
            var size = arguments.GetValue(imageSize);
            options = options with
            {
                DataRoot = arguments.GetValue(shared.Dataset.DataRoot)?.FullName,
                ImageSize = size ?? options.ImageSize,
                TrainImages = arguments.GetValue(shared.Dataset.TrainImages),
                TestImages = arguments.GetValue(shared.Dataset.TestImages),
            };
            var output = arguments.GetValue(shared.Output) ?? Path.Combine(folder.Path, $"transfer-{options.Dataset}.json".ToLowerInvariant());
            ResultFile.Reserve(output, shared.Force(arguments));
            return ProbeCommand.Run(
                "transfer",
                Load(folder, options, size, shared.Seed(arguments, options)),
                protocol,
                probe.Preset(arguments),
                arguments.GetValue(probe.Untrained),
                output);
        });
        return command;
    }

    private static EvaluatedRun Load(RunFolder folder, RunOptions options, int? size, int seed)
    {
        var run = EvaluatedRun.Load(folder, options, seed);
        ImageSource Resized(ImageSource images) => ResizedImages.To(images, size.Value, options.EvaluationInterpolation);
        return size is null ? run : run.With(run.Images with { Train = Resized(run.Images.Train), Test = Resized(run.Test) });
    }
}
