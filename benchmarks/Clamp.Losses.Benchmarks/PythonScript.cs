using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Clamp.Losses.Benchmarks;

/// <summary>A script that greets with a line, and then times a pass of its work for every line that it is given.</summary>
internal sealed class PythonScript : IDisposable
{
    // How a script ends where it lacks what it needs.
    private const int Lacking = 3;

    // Debian's packages belong to its own Python, which need not be the first on the path.
    private static readonly string[] Pythons = OperatingSystem.IsWindows() ? ["python"] : ["/usr/bin/python3", "python3"];
    private readonly Process _process;

    private PythonScript(Process process, string greeting) => (_process, Greeting) = (process, greeting);

    /// <summary>Its first line.</summary>
    public string Greeting { get; }

    /// <summary>Starts a script beside the program; null where no Python has what it needs.</summary>
    /// <exception cref="EndOfStreamException">The script failed; why stands on standard error.</exception>
    public static PythonScript? Start(string script, IEnumerable<string> arguments)
    {
        string[] words = [Path.Combine(AppContext.BaseDirectory, script), .. arguments];
        return Pythons.Select(python => Start(python, words)).FirstOrDefault(started => started is not null);
    }

    /// <summary>Does its work once.</summary>
    /// <returns>Its seconds.</returns>
    /// <exception cref="EndOfStreamException">The script failed; why stands on standard error.</exception>
    public double Pass()
    {
        _process.StandardInput.WriteLine();
        return double.Parse(_process.StandardOutput.ReadLine() ?? throw Failure(_process), CultureInfo.InvariantCulture);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static PythonScript? Start(string python, string[] words)
    {
        try
        {
            var process = Process.Start(new ProcessStartInfo(python, words) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
            if (process.StandardOutput.ReadLine() is { } greeting)
            {
                return new PythonScript(process, greeting);
            }

            process.WaitForExit();
            return process.ExitCode == Lacking ? null : throw Failure(process);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private static EndOfStreamException Failure(Process process) =>
        new($"Python's script ended early: {process.StartInfo.FileName} {string.Join(' ', process.StartInfo.ArgumentList)}");
}
