using System.CommandLine;

namespace Clamp.Losses.Benchmarks;

/// <summary>The command that draws what <see cref="BatchScaling"/> measured.</summary>
internal static class PlotCommand
{
    private const string Measure =
        "dotnet run -c Release --project benchmarks/Clamp.Losses.Benchmarks -- --job short --filter '*BatchScaling*'";

    private static readonly Option<string> Results = new("--results")
    {
        Description = "Folder of BenchmarkDotNet's results.",
        DefaultValueFactory = _ => Path.Combine("BenchmarkDotNet.Artifacts", "results"),
    };

    private static readonly Option<string> Output = new("--output")
    {
        Description = "The PNG to write.",
        DefaultValueFactory = _ => Path.Combine("docs", "images", "scaling.png"),
    };

    /// <summary>The command; its exit code is 0, or 1 after an error.</summary>
    public static Command Create()
    {
        var plot = new Command("plot", "Draws time and peak memory against the batch size.") { Results, Output };
        plot.SetAction(parsed => Draw(parsed.GetRequiredValue(Results), parsed.GetRequiredValue(Output)));
        return plot;
    }

    private static int Draw(string folder, string output)
    {
        var path = Path.Combine(folder, ScalingResult.FileName);
        try
        {
            var results = ScalingResult.Read(path);
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(output))!);
            ScalingPlot.Save(results, output);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"error: cannot draw {path} ({e.Message}); to measure: {Measure}");
            return 1;
        }

        Console.WriteLine($"wrote {output}");
        return 0;
    }
}
