using System.Globalization;
using Clamp.Losses.Training;
using Spectre.Console;

namespace Clamp.Losses.Samples.Terminal;

/// <summary>A bar that moves, for terminals.</summary>
internal sealed class LiveProgress : IRunProgress
{
    // The rest of a terminal of 80 columns is for the description.
    private const int BarWidth = 12;

    private readonly ProgressTask _task;

    private LiveProgress(ProgressTask task) => _task = task;

    /// <summary>Shows the bar while work runs.</summary>
    public static void Show(int totalSteps, int stepsDone, Action<IRunProgress> work) =>
        AnsiConsole.Progress()
            .Columns(
                new ProgressBarColumn { Width = BarWidth },
                new PercentageColumn(),
                new RemainingTimeColumn(),
                new TaskDescriptionColumn { Alignment = Justify.Left })
            .Start(context =>
            {
                var task = context.AddTask("starting", maxValue: totalSteps);
                task.Increment(stepsDone);
                work(new LiveProgress(task));
            });

    public void Report(StepMetrics metrics)
    {
        _task.Description = string.Create(
            CultureInfo.InvariantCulture,
            $"loss {metrics.Loss:F2}  {metrics.MeanContacts:F0} contacts  radius {metrics.MeanRadius:F2}  {metrics.ImagesPerSecond:F0} images/s");
        _task.Increment(1);
    }

    // Through Spectre, which puts it above the bar.
    public void Warn(string message) => AnsiConsole.MarkupLineInterpolated($"[yellow]warning: {message}[/]");
}
