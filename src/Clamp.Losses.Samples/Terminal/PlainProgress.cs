using System.Diagnostics;
using System.Globalization;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Terminal;

/// <summary>About twenty lines over a run, and one an hour at least, for files and pipes.</summary>
internal sealed class PlainProgress(int totalSteps, int stepsDone) : IRunProgress
{
    private const int Lines = 20;
    private static readonly TimeSpan LongestSilence = TimeSpan.FromHours(1);

    private readonly int _interval = Math.Max(1, totalSteps / Lines);
    private readonly long _started = Stopwatch.GetTimestamp();
    private long _lastLine = Stopwatch.GetTimestamp();

    public void Report(StepMetrics metrics)
    {
        if (metrics.Step % _interval == 0 || metrics.Step == totalSteps || Stopwatch.GetElapsedTime(_lastLine) > LongestSilence)
        {
            _lastLine = Stopwatch.GetTimestamp();
            Console.WriteLine(Describe(metrics));
        }
    }

    public void Warn(string message) => Console.Error.WriteLine($"warning: {message}");

    private string Describe(StepMetrics step)
    {
        var left = Stopwatch.GetElapsedTime(_started) / (step.Step - stepsDone) * (totalSteps - step.Step);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"step {step.Step}/{totalSteps}  epoch {step.Epoch}  loss {step.Loss:F3}  contacts {step.MeanContacts:F1}  "
            + $"radius {step.MeanRadius:F3}  {step.ImagesPerSecond:F0} images/s  {TimeLeft.Describe(left)} left");
    }
}
