namespace Clamp.Losses.Samples.Training.Logging;

/// <summary>Warnings on the error stream, and nothing else.</summary>
internal sealed class QuietProgress : IProgressDisplay
{
    public void Report(StepMetrics metrics)
    {
    }

    public void Warn(string message) => Console.Error.WriteLine($"warning: {message}");
}
