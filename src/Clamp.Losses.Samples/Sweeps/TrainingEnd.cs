using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Sweeps;

/// <summary>How a training ended: means over the steps of its last epoch.</summary>
/// <param name="Loss">The loss.</param>
/// <param name="MeanContacts">Contacts of a sub-manifold.</param>
/// <param name="MeanRadius">The mean radius.</param>
/// <param name="Verdict">The state of the packing in the last step.</param>
/// <param name="Seconds">What all steps took, in whichever process.</param>
internal sealed record TrainingEnd(double Loss, double MeanContacts, double MeanRadius, PackingVerdict Verdict, double Seconds)
{
    /// <summary>Reads it from a run's metrics.csv; null where that is damaged or was removed.</summary>
    /// <param name="run">The run.</param>
    public static TrainingEnd? Read(RunFolder run)
    {
        try
        {
            var steps = MetricsFile.ReadThinned(run.MetricsFile, 0, int.MaxValue);
            var last = steps.Where(step => step.Epoch == steps[^1].Epoch).ToList();
            return new TrainingEnd(
                last.Average(step => step.Loss),
                last.Average(step => step.MeanContacts),
                last.Average(step => step.MeanRadius),
                steps[^1].Verdict,
                steps.Sum(step => step.Times.Total));
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
