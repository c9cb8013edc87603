using System.CommandLine;
using Clamp.Losses.Training;
using TorchSharp;

namespace Clamp.Losses.Samples.Commands;

/// <summary>Writes the encoder of a finished run for PyTorch, ONNX Runtime and others.</summary>
public static class ExportCommand
{
    /// <summary>The command.</summary>
    /// <returns>A new command.</returns>
    public static Command Create()
    {
        var run = EvaluationArguments.FinishedRun();
        var output = new Option<string>("--output") { Description = "The file.", HelpName = "FILE", Required = true };
        var format = NamedOption.Create<ExportFormat>(
            "--format", "The file's format; by default onnx where its name ends so, else safetensors.", "safetensors", "onnx");
        var precision = NamedOption.Create<OnnxPrecision>(
            "--precision", "What ONNX weights are stored and computed in, by default float32; input and output are float32.", "float32", "float16");
        var head = new Option<bool>("--head") { Description = "ONNX: the embeddings of the projection head, from the last checkpoint, in place of the features." };
        var force = new Option<bool>("--force") { Description = "Replace an earlier file." };
        var command = new Command("export", """
            Write the encoder of a run to safetensors with torchvision's names, or to ONNX.

            safetensors: torchvision's network of the same depth loads it with strict=True after model.fc = torch.nn.Identity(). For the
            small stem, give it model.conv1 = torch.nn.Conv2d(3, 64, 3, padding=1, bias=False) (padding=2 where the run has StemPadding 2)
            and model.maxpool = torch.nn.Identity() first.

            ONNX: from images [N, 3, H, W] of values from 0 to 1, of any N, H and W, to features [N, F]; the normalisation is inside.

            The file's metadata tell architecture, stem, image size and normalisation.
            """) { run, output, format, precision, head, force };
        command.SetAction(arguments => Run(
            arguments.GetValue(run)!,
            arguments.GetValue(output)!,
            arguments.GetValue(format),
            arguments.GetValue(precision),
            arguments.GetValue(head),
            arguments.GetValue(force)));
        return command;
    }

    private static int Run(string run, string output, ExportFormat? format, OnnxPrecision? precision, bool withHead, bool replace)
    {
        var isOnnx = (format ?? (output.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase) ? ExportFormat.Onnx : ExportFormat.Safetensors))
            == ExportFormat.Onnx;
        if (!isOnnx && (precision is not null || withHead))
        {
            throw new InvalidOptionsException("--precision and --head are for --format onnx: safetensors hold the encoder as it is.");
        }

        var (folder, options) = RunFolder.Open<RunOptions>(run);
        ResultFile.Reserve(output, replace);
        using var encoder = options.InitialEncoder(torch.CPU);
        using var head = withHead ? new ProjectionHead(encoder.FeatureWidth, options.Projection) : null;
        if (head is null)
        {
            folder.LoadEncoder(encoder);
        }
        else
        {
            folder.LoadEncoderAndHead(encoder, head);
        }

        if (isOnnx)
        {
            var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(run)));
            OnnxFile.Write(output, encoder, options, head, precision ?? OnnxPrecision.Float32, name);
        }
        else
        {
            EncoderFile.Write(output, encoder, options);
        }

        Console.WriteLine(isOnnx
            ? $"wrote {options.Encoder}{(head is null ? "" : " with its projection head")}, {head?.OutputWidth ?? encoder.FeatureWidth} features, to {output}"
            : $"wrote {options.Encoder}, {encoder.state_dict().Count} tensors, to {output}");
        return 0;
    }
}
