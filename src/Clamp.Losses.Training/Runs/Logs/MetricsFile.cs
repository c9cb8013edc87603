using System.Globalization;

namespace Clamp.Losses.Training;

/// <summary>The lines of metrics.csv: a header, then one line for each step.</summary>
public static class MetricsFile
{
    // What versions wrote that did not measure norms.
    private const int FieldsWithoutNorms = 16;

    /// <summary>The first line, without its end.</summary>
    public const string Header =
        "step,epoch,loss,learning_rate,images_per_second,mean_contacts,mean_radius,rattler_fraction,nearest_centroid_accuracy,"
        + "participation_ratio,verdict,data_seconds,encoder_seconds,loss_seconds,measurement_seconds,optimizer_seconds,"
        + "encoder_gradient_norm,encoder_weight_norm,head_gradient_norm,head_weight_norm";

    /// <summary>One step as a line, without its end.</summary>
    /// <param name="metrics">The step.</param>
    public static string Format(StepMetrics metrics) => string.Create(
        CultureInfo.InvariantCulture,
        $"{metrics.Step},{metrics.Epoch},{metrics.Loss:G7},{metrics.LearningRate:G5},{metrics.ImagesPerSecond:F1},"
        + $"{metrics.MeanContacts:G5},{metrics.MeanRadius:G5},{metrics.RattlerFraction:G5},{metrics.NearestCentroidAccuracy:G5},"
        + $"{metrics.ParticipationRatio:G5},{metrics.Verdict},{metrics.Times.Data:F6},{metrics.Times.Encoder:F6},{metrics.Times.Loss:F6},"
        + $"{metrics.Times.Measurement:F6},{metrics.Times.Optimizer:F6},{metrics.Norms.EncoderGradient:G5},{metrics.Norms.EncoderWeights:G5},"
        + $"{metrics.Norms.HeadGradient:G5},{metrics.Norms.HeadWeights:G5}");

    /// <summary>The step of a line, or null when it has none.</summary>
    /// <param name="line">The line.</param>
    public static int? StepOf(string line) =>
        int.TryParse(line.AsSpan(0, Math.Max(0, line.IndexOf(','))), NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step : null;

    /// <summary>The first step, the last, and enough between them to draw.</summary>
    /// <param name="path">The file of a run.</param>
    /// <param name="totalSteps">The steps of the whole run.</param>
    /// <param name="most">About how many to return, so that a run of millions of steps still fits in memory and on a plot.</param>
    /// <exception cref="InvalidDataException">A line cannot be read, or there is none.</exception>
    public static IReadOnlyList<StepMetrics> ReadThinned(string path, int totalSteps, int most = 2000)
    {
        var stride = 1 + totalSteps / most;
        var steps = File.ReadLines(path)
            .Skip(1)
            .Where(line => StepOf(line) is not { } step || (step - 1) % stride == 0 || step == totalSteps)
            .Select(line => Parse(line) ?? throw new InvalidDataException($"'{path}' has a line that is no step: '{line}'."))
            .ToList();
        return steps.Count > 0 ? steps : throw new InvalidDataException($"'{path}' holds no steps.");
    }

    /// <summary>The step of a whole line, or null when it is none.</summary>
    /// <param name="line">The line.</param>
    public static StepMetrics? Parse(string line)
    {
        try
        {
            var fields = line.Split(',');
            double Number(int index) => double.Parse(fields[index], CultureInfo.InvariantCulture);
            return new StepMetrics(
                int.Parse(fields[0], CultureInfo.InvariantCulture),
                int.Parse(fields[1], CultureInfo.InvariantCulture),
                Number(2),
                Number(3),
                Number(4),
                Number(5),
                Number(6),
                Number(7),
                Number(8),
                Number(9),
                Enum.Parse<PackingVerdict>(fields[10]),
                new StepTimes(Number(11), Number(12), Number(13), Number(14), Number(15)),
                fields.Length == FieldsWithoutNorms ? ParameterNorms.Unknown : new(Number(16), Number(17), Number(18), Number(19)));
        }
        catch (Exception e) when (e is FormatException or IndexOutOfRangeException or ArgumentException or OverflowException)
        {
            return null;
        }
    }
}
