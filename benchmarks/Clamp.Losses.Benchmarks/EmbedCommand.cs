using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Clamp.Losses.Images.Skia;
using Clamp.Losses.Onnx;
using Clamp.Losses.Training;
using static TorchSharp.torch;
using SessionOptions = Microsoft.ML.OnnxRuntime.SessionOptions;

namespace Clamp.Losses.Benchmarks;

/// <summary>The command that times the embedders, from JPEG files to features, beside torchvision in Python.</summary>
internal static class EmbedCommand
{
    private const int Rounds = 3;
    private static readonly RunOptions Options = new() { Encoder = EncoderKind.ResNet18, SmallStem = false, ImageSize = 224, Dataset = DatasetKind.ImageFolder, DataRoot = "." };

    /// <summary>The command; its exit code is 0.</summary>
    public static Command Create()
    {
        var folder = new Option<DirectoryInfo>("--data-root") { Description = "A folder of JPEG files.", HelpName = "DIR", Required = true };
        var images = new Option<int>("--images") { Description = "How many of them.", DefaultValueFactory = _ => 256 };
        var command = new Command("embed", "Times ResNet-18's features of 224 px from JPEG files beside torchvision in Python.") { folder, images };
        command.SetAction(parsed =>
        {
            Run([.. ImageFiles.Below(parsed.GetRequiredValue(folder).FullName).Take(parsed.GetRequiredValue(images))]);
            return 0;
        });
        return command;
    }

    private static void Run(string[] paths)
    {
        IdleThreads.SleepSoon();
        FreedMemory.Keep();
        var (threads, exported) = (get_num_threads(), Path.GetTempFileName());
        using var encoder = Options.InitialEncoder(CPU);
        OnnxFile.Write(exported, encoder, Options);
        using var session = new SessionOptions { IntraOpNumThreads = threads };
        using var torch = ImageEmbedder.Of(encoder, Options, SkiaImage.Read);
        using var onnx = new OnnxImageEmbedder(exported, SkiaImage.Read, session);
        using var python = PythonScript.Start("embed.py", [$"{threads}", .. paths]);
        (string Name, Func<double> Pass)[] ways =
        [
            ("TorchSharp", () => Seconds(() => torch.EmbedFiles(paths))),
            ("ONNX Runtime", () => Seconds(() => onnx.EmbedFiles(paths))),
            .. python is null ? Array.Empty<(string, Func<double>)>() : [("torchvision", python.Pass)],
        ];

        // The first round warms up.
        var seconds = Enumerable.Range(0, Rounds + 1).Select(_ => ways.Select(way => way.Pass()).ToArray()).Skip(1).ToList();
        Console.WriteLine($"{paths.Length} files, {threads} threads, medians of {Rounds}, libtorch {__version__}, Python's torch {python?.Greeting ?? "is not here"}");
        var rates = ways.Select((_, i) => paths.Length / seconds.Select(round => round[i]).Order().ElementAt(Rounds / 2)).ToArray();
        for (int i = 0; i < ways.Length; i++)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {ways[i].Name} | {rates[i]:F1} images/s | {rates[i] / rates[^1]:F2} |"));
        }

        File.Delete(exported);
    }

    private static double Seconds(Action work)
    {
        var start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
