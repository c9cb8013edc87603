using System.CommandLine;
using System.CommandLine.Invocation;
using System.Text.Json;
using System.Text.RegularExpressions;
using Clamp.Losses.Samples.Configuration;
using Clamp.Losses.Training;
using Microsoft.Extensions.Options;

namespace Clamp.Losses.Samples.Commands;

/// <summary>The sample's command line: without arguments it pretrains on drawn shapes, the main job.</summary>
public static partial class CommandLine
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
        var parsed = root.Parse(args);
        try
        {
            if (parsed.Action is ParseErrorAction mistake)
            {
                mistake.ShowHelp = false;
            }

            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (Exception e) when (IsTheUsersToMend(e))
        {
            Console.Error.WriteLine($"error: {InOptions(e.Message, parsed.CommandResult.Command)}");
            return 1;
        }
    }

    /// <summary>The library names its settings (BatchSize is 1); where the command has an option for one, the user knows it by that.</summary>
    private static string InOptions(string message, Command command) => SettingAtTheStart().Replace(
        message, name => command.Options.FirstOrDefault(option => option.Name == OptionOf(name.Value))?.Name ?? name.Value);

    private static string OptionOf(string setting) => setting switch
    {
        nameof(CheckpointOptions.EverySteps) => "--checkpoint-every",
        nameof(CheckpointOptions.Keep) => "--keep-checkpoints",
        nameof(CheckpointOptions.KeepEveryEpochs) => "--keep-every",
        nameof(NeighbourOptions.Neighbours) => "--k",
        _ => $"--{JsonNamingPolicy.KebabCaseLower.ConvertName(setting)}",
    };

    [GeneratedRegex(@"^\w+(?= is )", RegexOptions.Multiline)]
    private static partial Regex SettingAtTheStart();

    private static bool IsTheUsersToMend(Exception e) =>
        e is ArgumentException or IOException or InvalidDataException or UnauthorizedAccessException
            or OptionsValidationException or TrainingDivergedException;
}
