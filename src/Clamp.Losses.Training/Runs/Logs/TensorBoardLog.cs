using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// Logs a run for TensorBoard: scalars of every step, and histograms of radii, centroid distances and centroid norms at the end of every
/// epoch. Each process of a run writes a file of its own; an event is in it as soon as it is logged.
/// </summary>
public sealed class TensorBoardLog
{
    private readonly SummaryWriter _writer;

    /// <summary>Opens the log after a number of steps; events beyond them, of a process that was killed, are cut off.</summary>
    /// <param name="folder">The folder; it is created when it does not exist.</param>
    /// <param name="stepsDone">The steps whose events are kept; 0 for a new run.</param>
    public TensorBoardLog(string folder, int stepsDone)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.GetFiles(folder, "events.out.tfevents.*"))
        {
            EventFile.CutAfter(file, stepsDone);
        }

        _writer = utils.tensorboard.SummaryWriter(folder);
    }

    /// <summary>Logs the scalars of a step.</summary>
    /// <param name="step">The step.</param>
    public void Write(StepMetrics step)
    {
        ArgumentNullException.ThrowIfNull(step);
        (string Tag, double Value)[] scalars =
        [
            ("training/loss", step.Loss),
            ("training/learning_rate", step.LearningRate),
            ("training/images_per_second", step.ImagesPerSecond),
            ("packing/mean_contacts", step.MeanContacts),
            ("packing/mean_radius", step.MeanRadius),
            ("packing/rattler_fraction", step.RattlerFraction),
            ("packing/nearest_centroid_accuracy", step.NearestCentroidAccuracy),
            ("packing/participation_ratio", step.ParticipationRatio),
            ("norms/encoder_gradient", step.Norms.EncoderGradient),
            ("norms/encoder_weights", step.Norms.EncoderWeights),
            ("norms/head_gradient", step.Norms.HeadGradient),
            ("norms/head_weights", step.Norms.HeadWeights),
            ("seconds/data", step.Times.Data),
            ("seconds/encoder", step.Times.Encoder),
            ("seconds/loss", step.Times.Loss),
            ("seconds/measurement", step.Times.Measurement),
            ("seconds/optimizer", step.Times.Optimizer),
        ];
        foreach (var (tag, value) in scalars)
        {
            _writer.add_scalar(tag, (float)value, step.Step);
        }
    }

    /// <summary>Logs one scalar.</summary>
    /// <param name="step">The step.</param>
    /// <param name="tag">Its name.</param>
    /// <param name="value">Its value.</param>
    public void Write(int step, string tag, double value) => _writer.add_scalar(tag, (float)value, step);

    /// <summary>Logs the histograms of a batch; one whose embeddings hold NaN has none.</summary>
    /// <param name="step">The step of the batch.</param>
    /// <param name="geometry">Its geometry.</param>
    public void WriteHistograms(int step, SubManifoldGeometry geometry)
    {
        ArgumentNullException.ThrowIfNull(geometry);
        if (geometry.Verdict == PackingVerdict.Undefined)
        {
            return;
        }

        using var scope = NewDisposeScope();
        _writer.add_histogram("packing/radius", geometry.Radii, step);
        _writer.add_histogram("packing/centroid_distance", Distances(geometry.Centroids), step);
        _writer.add_histogram("packing/centroid_norm", geometry.Centroids.norm(1), step);
    }

    /// <summary>The distance of each pair once.</summary>
    private static Tensor Distances(Tensor centroids)
    {
        var all = cdist(centroids, centroids);
        return all.masked_select(ones_like(all, dtype: @bool).triu(1));
    }
}
