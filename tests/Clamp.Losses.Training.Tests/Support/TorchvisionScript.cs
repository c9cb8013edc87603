using System.Diagnostics;
using System.Text.Json;

namespace Clamp.Losses.Training.Tests;

/// <summary>Runs a script of the folder Python, which needs torch and torchvision.</summary>
internal static class TorchvisionScript
{
    private const int NoTorch = 3;
    private static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    // Debian's packages belong to its own Python, which need not be the first on the path.
    private static readonly string[] Pythons = OperatingSystem.IsWindows() ? ["python"] : ["/usr/bin/python3", "python3"];

    /// <summary>Gives a script its jobs, as JSON in a file.</summary>
    /// <returns>Why it was not run; null when it was.</returns>
    public static string? Run(string script, IEnumerable<object> jobs, TemporaryFolder folder)
    {
        var file = folder.PathOf("jobs.json");
        File.WriteAllText(file, JsonSerializer.Serialize(jobs, SnakeCase));
        var path = Path.Combine(AppContext.BaseDirectory, "Python", script);
        return Pythons.Any(python => HasRun(python, path, file)) ? null : "no Python here has torch and torchvision";
    }

    /// <summary>False when this Python is not there or lacks torch.</summary>
    private static bool HasRun(string python, string script, string jobs)
    {
        if (python.StartsWith('/') && !File.Exists(python))
        {
            return false;
        }

        try
        {
            using var process = Process.Start(new ProcessStartInfo(python, [script, jobs]) { RedirectStandardError = true })!;
            var errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            process.ExitCode.Should().BeOneOf([0, NoTorch], errors);
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
