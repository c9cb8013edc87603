using System.CommandLine;
using Clamp.Losses.Samples.Evaluation;
using Clamp.Losses.Samples.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Commands;

/// <summary>Scores the encoder of a finished run, on its own images or on others.</summary>
public static class ProbeCommand
{
    /// <summary>The command.</summary>
    /// <returns>A new command.</returns>
    public static Command Create()
    {
        var dataset = new DatasetArguments();
        var run = new Option<string>("--run") { Description = "The folder of a finished pretraining.", HelpName = "DIR", Required = true };
        var command = new Command("probe", "Score a pretrained encoder by linear probe and kNN, beside an untrained one.") { run };
        dataset.AddTo(command);
        command.SetAction(arguments =>
        {
            var (folder, options) = RunFolder.Open(arguments.GetValue(run)!);
            options = options with
            {
                Dataset = arguments.GetValue(dataset.Dataset) ?? options.Dataset,
                DataRoot = arguments.GetValue(dataset.DataRoot)?.FullName ?? options.DataRoot,
                StreamImages = arguments.GetValue(dataset.StreamImages) ?? options.StreamImages,
                TrainImages = arguments.GetResult(dataset.TrainImages) is null ? options.TrainImages : arguments.GetValue(dataset.TrainImages),
                TestImages = arguments.GetResult(dataset.TestImages) is null ? options.TestImages : arguments.GetValue(dataset.TestImages),
            };
            dataset.Fetch(arguments, options.Dataset, options.DataRoot);
            return Run(folder, options);
        });
        return command;
    }

    private static int Run(RunFolder folder, PretrainOptions options)
    {
        options.Validate();
        var device = cuda.is_available() ? CUDA : CPU;
        var images = PretrainCommand.Load(options);
        random.manual_seed(options.Seed);
        using var encoder = options.CreateEncoder().to(device);
        var untrained = EncoderScore.Of(encoder, images, device, options.Seed);
        folder.LoadEncoder(encoder);
        var pretrained = EncoderScore.Of(encoder, images, device, options.Seed);

        Console.WriteLine($"{options.Dataset}: probe trained on {images.Train.Count} and scored on {images.Test.Count} images");
        new ResultTable("untrained", untrained, "pretrained", pretrained).Write();
        return 0;
    }
}
