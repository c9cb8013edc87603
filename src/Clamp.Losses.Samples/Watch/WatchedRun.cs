using System.Text.Json;
using Clamp.Losses.Samples.Analysis;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Watch;

/// <summary>What the page is told of a run, whether it trains, has ended, or has not begun.</summary>
/// <param name="folder">The run.</param>
internal sealed class WatchedRun(RunFolder folder)
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web);

    private readonly RunOptions _options = folder.ReadOptions<RunOptions>();
    private readonly MetricsTail _metrics = new(folder.MetricsFile);

    /// <summary>The run as it is now, as JSON.</summary>
    /// <exception cref="IOException">Its files cannot be read.</exception>
    public byte[] Now()
    {
        // One page beside another reads the same file.
        lock (_metrics)
        {
            _metrics.Refresh();
            return JsonSerializer.SerializeToUtf8Bytes(
                new
                {
                    Name = Path.GetFileName(Path.GetFullPath(folder.Path)),
                    Dataset = $"{_options.Dataset}",
                    Encoder = $"{_options.Encoder}",
                    Loss = $"{_options.Loss}",
                    _options.Views,
                    _options.BatchSize,
                    Width = _options.Projection[^1],
                    _options.Epochs,
                    TotalSteps = _metrics.StepsPerEpoch * _options.Epochs,
                    folder.IsFinished,
                    SecondsSinceStep = (DateTime.UtcNow - File.GetLastWriteTimeUtc(folder.MetricsFile)).TotalSeconds,
                    Last = _metrics.Last is { } last ? Told(last) : null,
                    Steps = _metrics.Steps.Select(Told),
                    Scores = ScoredEpoch.Read(folder).Select(scored => new { scored.Step, scored.LinearProbe, scored.NearestNeighbours }),
                },
                Format);
        }
    }

    private static object Told(StepMetrics step) => new
    {
        step.Step,
        step.Epoch,
        Verdict = $"{step.Verdict}",
        Loss = Known(step.Loss),
        LearningRate = Known(step.LearningRate),
        ImagesPerSecond = Known(step.ImagesPerSecond),
        Radius = Known(step.MeanRadius),
        Contacts = Known(step.MeanContacts),
        Rattlers = Known(step.RattlerFraction),
        Nearest = Known(step.NearestCentroidAccuracy),
        Participation = Known(step.ParticipationRatio),
        Gradient = Known(step.Norms.EncoderGradient),
    };

    // JSON has no NaN.
    private static double? Known(double value) => double.IsFinite(value) ? value : null;
}
