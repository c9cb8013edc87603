using System.Globalization;
using Clamp.Losses.Training;

namespace Clamp.Losses.Benchmarks;

/// <summary>The same training step in Python, in a process that waits between steps.</summary>
internal sealed class PythonTrainingStep : IDisposable
{
    private readonly PythonScript _script;

    private PythonTrainingStep(PythonScript script)
    {
        var words = script.Greeting.Split(' ');
        (_script, TorchVersion, EncoderWeights) = (script, words[0], long.Parse(words[1], CultureInfo.InvariantCulture));
    }

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
        var words = arguments.Select(argument => Convert.ToString(argument, CultureInfo.InvariantCulture)!);
        return PythonScript.Start("train_step.py", words) is { } script ? new PythonTrainingStep(script) : null;
    }

    /// <summary>Does one step.</summary>
    /// <returns>Its seconds.</returns>
    /// <exception cref="IOException">The script failed; why stands on standard error.</exception>
    public double Step() => _script.Pass();

    /// <inheritdoc/>
    public void Dispose() => _script.Dispose();
}
