using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Clamp.Losses.Training;
using static TorchSharp.torch;

namespace Clamp.Losses.Benchmarks;

/// <summary>The command that times whole training steps beside Python's, and says where the trainer's time goes.</summary>
internal static class TrainingStepCommand
{
    private static readonly TrainingStep[] Steps =
    [
        new(EncoderKind.Tiny, Precision.Float32, Images: 64, Views: 4),
        new(EncoderKind.Tiny, Precision.BFloat16, Images: 64, Views: 4),
        new(EncoderKind.ResNet18, Precision.Float32, Images: 8, Views: 4),
        new(EncoderKind.ResNet18, Precision.BFloat16, Images: 8, Views: 4),
    ];

    private static readonly (string Name, Func<StepTimes, double> Seconds)[] Parts =
    [
        ("data", times => times.Data),
        ("encoder", times => times.Encoder),
        ("loss", times => times.Loss),
        ("measurement", times => times.Measurement),
        ("optimiser", times => times.Optimizer),
    ];

    private static readonly Option<int> Rounds = new("--rounds")
    {
        Description = "Steps of each kind, .NET's and Python's in turn.",
        DefaultValueFactory = _ => 11,
        CustomParser = ParseRounds,
    };

    /// <summary>The command; its exit code is 0, or 1 after an error.</summary>
    public static Command Create()
    {
        var command = new Command("training-step", "Times a whole training step beside the same step in Python.") { Rounds };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(Rounds)));
        return command;
    }

    private static int ParseRounds(ArgumentResult argument)
    {
        var given = argument.Tokens[0].Value;
        if (!int.TryParse(given, CultureInfo.InvariantCulture, out var rounds) || rounds < 1)
        {
            argument.AddError($"--rounds is {given}; it must be a whole number of at least 1.");
        }

        return rounds;
    }

    private static int Run(int rounds)
    {
        // As the trainer's program does.
        IdleThreads.SleepSoon();
        FreedMemory.Keep();
        try
        {
            Write(rounds, Array.ConvertAll(Steps, step => step.Measure(rounds)));
            return 0;
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            Console.Error.WriteLine($"error: {e.Message}");
            return 1;
        }
    }

    private static void Write(int rounds, TrainingStepResult[] results)
    {
        var python = results[0].PythonTorchVersion is { } version ? $"Python's torch {version}" : "no Python here has torch";
        Console.WriteLine($"{rounds} rounds, {get_num_threads()} threads, libtorch {__version__}, {python}");
        WriteThroughput(results);
        WriteParts(results);
    }

    private static void WriteThroughput(TrainingStepResult[] results)
    {
        WriteHeader("precision", ".NET, images/s", "Python, images/s", ".NET / Python");
        foreach (var result in results)
        {
            var (own, python) = (result.ImagesPerSecond, result.PythonImagesPerSecond);
            WriteRow(result.Step, Number(own, "0.0"), Number(python, "0.0"), Number(own / python, "0.00"));
        }
    }

    private static void WriteParts(TrainingStepResult[] results)
    {
        WriteHeader(["precision", "trainer, images/s", .. Parts.Select(part => part.Name)]);
        foreach (var result in results)
        {
            var shares = Parts.Select(part => Number(result.ShareOf(part.Seconds), "0.0 %"));
            WriteRow(result.Step, [Number(result.TrainerImagesPerSecond, "0.0"), .. shares]);
        }
    }

    private static void WriteHeader(params string[] names)
    {
        Console.WriteLine();
        Console.WriteLine($"| step | {string.Join(" | ", names)} |");
        Console.WriteLine($"|---|{string.Concat(names.Select(_ => "---|"))}");
    }

    private static void WriteRow(TrainingStep step, params string[] cells)
    {
        var name = $"{step.Encoder} V{step.Views} B{step.Images}";
        Console.WriteLine($"| {string.Join(" | ", cells.Prepend(step.Precision.ToString().ToLowerInvariant()).Prepend(name))} |");
    }

    private static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "-";
}
