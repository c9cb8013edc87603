using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace Clamp.Losses.Samples.Terminal;

/// <summary>Shows how many images are done: a live bar on a terminal, about twenty lines elsewhere.</summary>
internal static class ImageProgress
{
    private const int Lines = 20;

    /// <summary>Runs work that reports how many images are done, those of an earlier process first.</summary>
    /// <param name="total">The number of images.</param>
    /// <param name="work">The work.</param>
    public static void Show(int total, Action<Action<int>> work)
    {
        if (Console.IsOutputRedirected)
        {
            work(new PlainLines(total).Report);
            return;
        }

        AnsiConsole.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context =>
            {
                var task = context.AddTask("embedding", maxValue: total);
                work(done => task.Value = done);
            });
    }

    private sealed class PlainLines(int total)
    {
        private readonly long _started = Stopwatch.GetTimestamp();
        private int? _before;
        private int _told;

        public void Report(int done)
        {
            _before ??= done;
            if (done - _told < total / Lines && done < total)
            {
                return;
            }

            _told = done;
            var (made, time) = (done - _before.Value, Stopwatch.GetElapsedTime(_started));
            var speed = made == 0 ? "" : string.Create(
                CultureInfo.InvariantCulture,
                $"  {made / time.TotalSeconds:F0} images/s  {TimeLeft.Describe(time / made * (total - done))} left");
            Console.WriteLine($"embedded {done}/{total}{speed}");
        }
    }
}
