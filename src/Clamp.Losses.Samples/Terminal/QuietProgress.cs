using Clamp.Losses.Training;
namespace Clamp.Losses.Samples.Terminal;

/// <summary>Warnings on the error stream, and nothing else.</summary>
internal sealed class QuietProgress : IRunProgress
{
    public void Report(StepMetrics metrics)
    {
    }

    public void Warn(string message) => Console.Error.WriteLine($"warning: {message}");
}
