using System.CommandLine;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Commands;

/// <summary>Makes a run folder of an encoder that was trained elsewhere.</summary>
public static class ImportCommand
{
    /// <summary>The command.</summary>
    /// <returns>A new command.</returns>
    public static Command Create()
    {
        var weights = new Option<string>("--weights") { Description = "The safetensors file.", HelpName = "FILE", Required = true };
        var encoder = NamedOption.Encoder("The architecture that the file must hold.");
        var output = new Option<string>("--output") { Description = "The run folder, a new one.", HelpName = "DIR", Required = true };
        var stemPadding = new Option<int?>("--stem-padding")
        {
            Description = "The padding of a 3x3 stem, 1 or 2, which no weight shows; by default what the metadata say, or 1.",
        };
        var imageSize = new Option<int?>("--image-size")
        {
            Description = "The side that shapes and image folders are brought to; by default what the metadata say, or 224 with ImageNet's stem, 32 with the small.",
        };
        var normalisation = new NormalisationArguments();
        var images = new DatasetArguments();
        encoder.Required = true;
        var command = new Command("import", """
            Make a run folder of an encoder in safetensors with torchvision's names, for the commands that take --run.

            Every tensor of the architecture must be there with its shape, and no other; a classifier fc is passed over. The stem is told by
            the size of conv1. Normalisation and evaluation are those of the metadata, where these tell; weights of torchvision and timm
            take --normalisation imagenet.
            """) { weights, encoder, output, stemPadding, imageSize, images.EvaluationResize, images.EvaluationInterpolation };
        Array.ForEach(normalisation.All, command.Options.Add);
        command.SetAction(arguments => Run(
            arguments.GetValue(weights)!,
            arguments.GetValue(encoder)!.Value,
            arguments.GetValue(output)!,
            arguments.GetValue(stemPadding),
            arguments.GetValue(imageSize),
            told => told with
            {
                Normalisation = normalisation.Over(told.Normalisation, arguments),
                EvaluationResize = arguments.GetValue(images.EvaluationResize) ?? told.EvaluationResize,
                EvaluationInterpolation = arguments.GetValue(images.EvaluationInterpolation) ?? told.EvaluationInterpolation,
            }));
        return command;
    }

    private static int Run(
        string weights, EncoderKind kind, string output, int? stemPadding, int? imageSize, Func<RunOptions, RunOptions> change)
    {
        var (encoder, told, hasClassifier) = EncoderFile.Read(weights, kind, stemPadding, imageSize);
        var options = change(told);
        using (encoder)
        {
            (options with { DataRoot = "." }).Validate();
            RunFolder.Create(output, options).SaveEncoder(encoder);
        }

        var stem = options.SmallStem ? $"the small stem of padding {options.StemPadding}" : "ImageNet's stem";
        var images = options.Dataset == DatasetKind.Unknown ? "images that its file does not name" : options.Dataset.ToString();
        Console.WriteLine(
            $"imported {kind} with {stem}{(hasClassifier ? ", without its classifier fc" : "")}, trained on {images}, shown images of "
            + $"{options.Normalisation}, to {output}");
        return 0;
    }
}
