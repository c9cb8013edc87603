using System.CommandLine;
using System.CommandLine.Invocation;
using Clamp.Losses.Samples.Configuration;
using Clamp.Losses.Training;
using Microsoft.Extensions.Options;

namespace Clamp.Losses.Samples.Commands;

/// <summary>The sample's command line: without arguments it pretrains on drawn shapes, the main job.</summary>
public static class CommandLine
{
    /// <summary>Parses and runs; an error the user can mend is told in one line.</summary>
    /// <param name="args">The arguments.</param>
    /// <returns>The exit code: 0, or 1 after an error.</returns>
    public static int Run(string[] args)
    {
        var root = new RootCommand("""
            Clamp.Losses sample trainer: self-supervised pretraining with CLAMP, the manifold-packing loss (arXiv:2506.13717).

            Without arguments it draws 10,000 images of textured shapes, pretrains a small ResNet on them without looking at a label,
            and compares a linear probe and kNN of its features before and after. It takes about 2 minutes on 2 quiet cores.
            """)
        {
            PretrainCommand.Create(),
            ProbeCommand.Create(),
            KnnCommand.Create(),
            FinetuneCommand.Create(),
            TransferCommand.Create(),
            ExportCommand.Create(),
            ImportCommand.Create(),
            DoctorCommand.Create(),
        };
        root.SetAction(_ => PretrainCommand.Run(PretrainConfiguration.Resolve([ConfigurationLayer.FromEnvironment()]), new RunSettings()));
        try
        {
            var parsed = root.Parse(args);
            if (parsed.Action is ParseErrorAction mistake)
            {
                mistake.ShowHelp = false;
            }

            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (Exception e) when (IsTheUsersToMend(e))
        {
            Console.Error.WriteLine($"error: {e.Message}");
            return 1;
        }
    }

    private static bool IsTheUsersToMend(Exception e) =>
        e is ArgumentException or IOException or InvalidDataException or UnauthorizedAccessException
            or OptionsValidationException or TrainingDivergedException;
}
