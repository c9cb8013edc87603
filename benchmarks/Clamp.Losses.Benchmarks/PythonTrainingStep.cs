using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Clamp.Losses.Training;

namespace Clamp.Losses.Benchmarks;

/// <summary>The same training step in Python, in a process that waits between steps.</summary>
internal sealed class PythonTrainingStep : IDisposable
{
    private const int NoTorch = 3;

    // Debian's torch belongs to its own Python, which need not be the first on the path.
    private static readonly string[] Pythons = OperatingSystem.IsWindows() ? ["python"] : ["/usr/bin/python3", "python3"];
    private readonly Process _process;

    private PythonTrainingStep(Process process, string torchVersion, long encoderWeights) =>
        (_process, TorchVersion, EncoderWeights) = (process, torchVersion, encoderWeights);

    /// <summary>The version of Python's torch.</summary>
    public string TorchVersion { get; }

    /// <summary>The number of weights of its encoder.</summary>
    public long EncoderWeights { get; }

    /// <summary>Starts a process that trains as the options say, on fixed random views; null where no Python has torch.</summary>
    /// <param name="options">Encoder, precision, batch and views; the rest is the script's, and the same as the options' defaults.</param>
    /// <param name="threads">How many threads it may use.</param>
    /// <exception cref="IOException">The script failed; why stands on standard error.</exception>
    public static PythonTrainingStep? Start(RunOptions options, int threads)
    {
        object[] arguments =
        [
            options.Encoder, options.BatchSize, options.Views, options.ImageSize, options.Precision, threads, options.Clamp.RadiusScale,
        ];
        var script = Path.Combine(AppContext.BaseDirectory, "train_step.py");
        var words = arguments.Select(argument => Convert.ToString(argument, CultureInfo.InvariantCulture)!).Prepend(script).ToArray();
        return Pythons.Select(python => Start(python, words)).FirstOrDefault(step => step is not null);
    }

    /// <summary>Does one step.</summary>
    /// <returns>Its seconds.</returns>
    /// <exception cref="IOException">The script failed; why stands on standard error.</exception>
    public double Step()
    {
        _process.StandardInput.WriteLine();
        var seconds = _process.StandardOutput.ReadLine() ?? throw Failure(_process);
        return double.Parse(seconds, CultureInfo.InvariantCulture);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static PythonTrainingStep? Start(string python, string[] arguments)
    {
        try
        {
            var process = Process.Start(
                new ProcessStartInfo(python, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
            if (process.StandardOutput.ReadLine() is { } greeting)
            {
                var words = greeting.Split(' ');
                return new PythonTrainingStep(process, words[0], long.Parse(words[1], CultureInfo.InvariantCulture));
            }

            process.WaitForExit();
            return process.ExitCode == NoTorch ? null : throw Failure(process);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private static EndOfStreamException Failure(Process process) =>
        new($"Python's step ended early: {process.StartInfo.FileName} {string.Join(' ', process.StartInfo.ArgumentList)}");
}
