using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Tests.Watch;

/// <summary>A run's folder without its training.</summary>
internal static class WatchedRuns
{
    /// <summary>Epochs have ten steps.</summary>
    public static StepMetrics Step(int step) => new(
        step, 1 + (step - 1) / 10, 5.0 / step, 0.1, 50, 3, 0.5, 0, 0.9, 5, PackingVerdict.InContact, new StepTimes(1, 1, 1, 1, 1), new ParameterNorms(1, 2, 3, 4));

    /// <summary>A folder whose run is of four epochs and has done some steps.</summary>
    public static RunFolder Begin(string path, int steps)
    {
        var folder = RunFolder.Create(path, new RunOptions { Epochs = 4 });
        if (steps > 0)
        {
            Write(folder.MetricsFile, 1, steps);
        }

        return folder;
    }

    /// <summary>Steps as a trainer that has done the ones before writes them.</summary>
    public static void Write(string path, int first, int last)
    {
        using var metrics = new MetricsWriter(path, first - 1);
        for (var step = first; step <= last; step++)
        {
            metrics.Write(Step(step));
        }
    }
}
