using Clamp.Losses.Training;
namespace Clamp.Losses.Samples.Terminal;

/// <summary>Shows a run on the console: a live bar on a terminal, plain lines elsewhere, or warnings alone.</summary>
public static class ProgressDisplay
{
    /// <summary>Runs work that reports its steps.</summary>
    /// <param name="totalSteps">All steps of the run.</param>
    /// <param name="stepsDone">The steps that an earlier process did.</param>
    /// <param name="quiet">Whether to show warnings alone.</param>
    /// <param name="work">The work.</param>
    public static void Show(int totalSteps, int stepsDone, bool quiet, Action<IRunProgress> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (quiet)
        {
            work(new QuietProgress());
        }
        else if (Console.IsOutputRedirected)
        {
            work(new PlainProgress(totalSteps, stepsDone));
        }
        else
        {
            LiveProgress.Show(totalSteps, stepsDone, work);
        }
    }
}
