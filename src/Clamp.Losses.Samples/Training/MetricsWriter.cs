using System.Globalization;

namespace Clamp.Losses.Samples.Training;

/// <summary>Writes <see cref="StepMetrics"/> as CSV, a line a step, flushed so that a run can be watched.</summary>
public sealed class MetricsWriter : IDisposable
{
    private readonly StreamWriter _writer;

    /// <summary>Creates the file and writes its header.</summary>
    /// <param name="path">The file; it must not exist.</param>
    public MetricsWriter(string path)
    {
        _writer = new StreamWriter(new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read)) { AutoFlush = true };
        _writer.WriteLine(
            "step,epoch,loss,learning_rate,images_per_second,mean_contacts,mean_radius,rattler_fraction,nearest_centroid_accuracy,"
            + "participation_ratio,verdict");
    }

    /// <summary>Appends one step.</summary>
    /// <param name="metrics">The step.</param>
    public void Write(StepMetrics metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        _writer.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{metrics.Step},{metrics.Epoch},{metrics.Loss:G7},{metrics.LearningRate:G5},{metrics.ImagesPerSecond:F1},"
            + $"{metrics.MeanContacts:G5},{metrics.MeanRadius:G5},{metrics.RattlerFraction:G5},{metrics.NearestCentroidAccuracy:G5},"
            + $"{metrics.ParticipationRatio:G5},{metrics.Verdict}"));
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();
}
