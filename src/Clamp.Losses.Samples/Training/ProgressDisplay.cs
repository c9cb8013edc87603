using System.Globalization;
using Spectre.Console;

namespace Clamp.Losses.Samples.Training;

/// <summary>Shows a run on the console: a live bar on a terminal, plain lines, about twenty of them, elsewhere.</summary>
public static class ProgressDisplay
{
    private const int PlainLines = 20;

    /// <summary>Runs work that reports its steps.</summary>
    /// <param name="totalSteps">How many steps there will be.</param>
    /// <param name="work">The work; it calls its argument after each step.</param>
    public static void Show(int totalSteps, Action<Action<StepMetrics>> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (Console.IsOutputRedirected)
        {
            ShowLines(totalSteps, work);
        }
        else
        {
            ShowBar(totalSteps, work);
        }
    }

    private static void ShowLines(int totalSteps, Action<Action<StepMetrics>> work)
    {
        var interval = Math.Max(1, totalSteps / PlainLines);
        var started = DateTime.UtcNow;
        work(step =>
        {
            if (step.Step % interval == 0 || step.Step == totalSteps)
            {
                var left = (DateTime.UtcNow - started) / step.Step * (totalSteps - step.Step);
                Console.WriteLine($"step {step.Step}/{totalSteps}  {Describe(step)}  {left:mm\\:ss} left");
            }
        });
    }

    private static void ShowBar(int totalSteps, Action<Action<StepMetrics>> work) =>
        AnsiConsole.Progress()
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(), new TaskDescriptionColumn())
            .Start(context =>
            {
                var task = context.AddTask("starting", maxValue: totalSteps);
                work(step =>
                {
                    task.Description = DescribeBriefly(step);
                    task.Increment(1);
                });
            });

    // Short enough to leave room for the bar on a terminal of 80 columns.
    private static string DescribeBriefly(StepMetrics step) => string.Create(
        CultureInfo.InvariantCulture, $"loss {step.Loss:F2}  {step.ImagesPerSecond:F0} images/s  {step.MeanContacts:F0} contacts");

    private static string Describe(StepMetrics step) => string.Create(
        CultureInfo.InvariantCulture,
        $"epoch {step.Epoch}  loss {step.Loss:F3}  contacts {step.MeanContacts:F1}  radius {step.MeanRadius:F3}  {step.ImagesPerSecond:F0} images/s");
}
