using System.Diagnostics;
using System.Text.Json;

namespace Clamp.Losses.Training.Tests;

/// <summary>Runs a script of the folder Python, which needs packages that are not everywhere.</summary>
internal static class PythonScript
{
    private const int NoPackage = 3;
    private static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    // Debian's packages belong to its own Python, which need not be the first on the path.
    private static readonly string[] Pythons = OperatingSystem.IsWindows() ? ["python"] : ["/usr/bin/python3", "python3"];

    /// <summary>Gives a script its jobs, as JSON in a file.</summary>
    /// <param name="script">The script; its exit code is 3 where it lacks a package.</param>
    /// <param name="needed">The packages.</param>
    /// <param name="jobs">The jobs.</param>
    /// <param name="folder">Where the file may lie.</param>
    /// <returns>Why it was not run; null when it was.</returns>
    public static string? Run(string script, string needed, IEnumerable<object> jobs, TemporaryFolder folder)
    {
        var file = folder.PathOf("jobs.json");
        File.WriteAllText(file, JsonSerializer.Serialize(jobs, SnakeCase));
        var path = Path.Combine(AppContext.BaseDirectory, "Python", script);
        return Pythons.Any(python => HasRun(python, path, file)) ? null : $"no Python here has {needed}";
    }

    /// <summary>False when this Python is not there or lacks a package.</summary>
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
            process.ExitCode.Should().BeOneOf([0, NoPackage], errors);
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
