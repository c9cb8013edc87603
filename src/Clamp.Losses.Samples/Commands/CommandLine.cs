using System.CommandLine;
using System.CommandLine.Invocation;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Clamp.Losses.Mpi;
using Clamp.Losses.Samples.Configuration;
using Clamp.Losses.Training;
using Microsoft.Extensions.Options;

namespace Clamp.Losses.Samples.Commands;

/// <summary>The sample's command line: without arguments it pretrains on drawn shapes, the main job.</summary>
public static partial class CommandLine
{
    /// <summary>Parses and runs; an error the user can mend is told in one line, any other with its stack.</summary>
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
            EmbedCommand.Create(),
            SearchCommand.Create(),
            DuplicatesCommand.Create(),
            OutliersCommand.Create(),
            ShapesCommand.Create(),
            ToyCommand.Create(),
            WatchCommand.Create(),
            AnalyzeCommand.Create(),
            SweepCommand.Create(),
            DoctorCommand.Create(),
        };
        var verbose = new Option<bool>("--verbose") { Description = "Show where an error comes from.", Recursive = true };
        root.Options.Add(verbose);
        StrictOptions.Require(root);
        root.SetAction(_ => PretrainCommand.Run(PretrainConfiguration.Resolve([ConfigurationLayer.FromEnvironment()]), new RunSettings()));
        var parsed = root.Parse(args);
        try
        {
            if (parsed.Action is ParseErrorAction mistake)
            {
                mistake.ShowHelp = false;
            }

            JoinOthers(parsed);
            if (parsed.Errors.Count > 0 && TrainingJob.Group.Rank > 0)
            {
                AwaitRank0();
                return 1;
            }

            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (Exception e)
        {
            if (TrainingJob.Group.Rank > 0)
            {
                AwaitRank0();
                Console.Error.Write($"rank {TrainingJob.Group.Rank}: ");
            }

            Console.Error.WriteLine(Told(e, parsed.CommandResult.Command));
            if (parsed.GetValue(verbose) || !(IsTheUsersToMend(e) || IsOfMemory(e)))
            {
                Console.Error.WriteLine(e);
            }

            return 1;
        }
    }

    private static void JoinOthers(ParseResult parsed)
    {
        TrainingJob.Join();
        if (TrainingJob.IsOneOfMany && parsed.CommandResult.Command is not RootCommand and { Name: not PretrainCommand.Name } and var command)
        {
            throw new InvalidOptionsException($"{command.Name} is the work of one process: start it without mpirun.");
        }
    }

    // What goes wrong on all processes is told by rank 0, whose end is the others'; they speak if they are still there then.
    private static void AwaitRank0() => Thread.Sleep(TimeSpan.FromSeconds(2));

    private static string Told(Exception e, Command command)
    {
        if (IsOfMemory(e))
        {
            return $"error: {Reason(e)}";
        }

        return IsTheUsersToMend(e)
            ? $"error: {InOptions(e.Message, command)}"
            : $"error: {FirstLine(e.Message)}{Environment.NewLine}This is a fault of the program; please report it with what follows.";
    }

    /// <summary>Why something failed, in a line.</summary>
    internal static string Reason(Exception e) => IsOfMemory(e)
        ? $"the memory does not suffice: lower --batch-size, --views or the image size, or set --chunk. {FirstLine(e.Message)}"
        : IsTheUsersToMend(e) ? FirstLine(e.Message) : $"{FirstLine(e.Message)} (a fault of the program, {e.GetType().Name}; please report it)";

    private static string FirstLine(string message) => message.Split('\n')[0].TrimEnd();

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

    // Not every ArgumentException: most are the program's own mistakes, and nothing that the user gave is wrong.
    private static bool IsTheUsersToMend(Exception e) =>
        e is InvalidOptionsException or IOException or InvalidDataException or UnauthorizedAccessException
            or OptionsValidationException or TrainingDivergedException or OperationCanceledException or MpiException;

    // libtorch's own have no type: what it says of the processor's memory, of a GPU's, and of more than there can be.
    private static bool IsOfMemory(Exception e) => e is OutOfMemoryException || (e is ExternalException && MemoryFailure().IsMatch(e.Message));

    [GeneratedRegex("allocate memory|not enough memory|out of memory|size calculation overflowed")]
    private static partial Regex MemoryFailure();
}
