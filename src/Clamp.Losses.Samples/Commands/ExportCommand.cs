using System.CommandLine;
using Clamp.Losses.Training;
using TorchSharp;

namespace Clamp.Losses.Samples.Commands;

/// <summary>Writes the encoder of a finished run for PyTorch and others.</summary>
public static class ExportCommand
{
    /// <summary>The command.</summary>
    /// <returns>A new command.</returns>
    public static Command Create()
    {
        var run = EvaluationArguments.FinishedRun();
        var output = new Option<string>("--output") { Description = "The safetensors file.", HelpName = "FILE", Required = true };
        var force = new Option<bool>("--force") { Description = "Replace an earlier file." };
        var command = new Command("export", """
            Write the encoder of a run to safetensors with torchvision's names.

            torchvision's network of the same depth loads it with strict=True after model.fc = torch.nn.Identity(). For the small stem,
            give it model.conv1 = torch.nn.Conv2d(3, 64, 3, padding=1, bias=False) (padding=2 where the run has StemPadding 2) and
            model.maxpool = torch.nn.Identity() first. The file's metadata tell architecture, stem, image size and normalisation.
            """) { run, output, force };
        command.SetAction(arguments => Run(arguments.GetValue(run)!, arguments.GetValue(output)!, arguments.GetValue(force)));
        return command;
    }

    private static int Run(string run, string output, bool replace)
    {
        var (folder, options) = RunFolder.Open<RunOptions>(run);
        ResultFile.Reserve(output, replace);
        using var encoder = options.InitialEncoder(torch.CPU);
        folder.LoadEncoder(encoder);
        EncoderFile.Write(output, encoder, options);
        Console.WriteLine($"wrote {options.Encoder}, {encoder.state_dict().Count} tensors, to {output}");
        return 0;
    }
}
