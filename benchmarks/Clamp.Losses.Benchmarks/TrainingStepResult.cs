using Clamp.Losses.Training;

namespace Clamp.Losses.Benchmarks;

/// <summary>What was measured of a <see cref="TrainingStep"/>: rates are medians over its rounds, shares are of their sum.</summary>
/// <param name="Step">The step.</param>
/// <param name="Rounds">Its rounds, at least one.</param>
/// <param name="PythonTorchVersion">The version of Python's torch; null where there is none.</param>
internal sealed record TrainingStepResult(TrainingStep Step, IReadOnlyList<TrainingStepRound> Rounds, string? PythonTorchVersion)
{
    /// <summary>Images per second of the step without its views and its measurement, as Python does it.</summary>
    public double ImagesPerSecond => Step.Images / Median(round => round.ComparableSeconds);

    /// <summary>Images per second of Python's step; null where there is none.</summary>
    public double? PythonImagesPerSecond => PythonTorchVersion is null ? null : Step.Images / Median(round => round.PythonSeconds!.Value);

    /// <summary>Images per second of the trainer's whole step.</summary>
    public double TrainerImagesPerSecond => Step.Images / Median(round => round.Seconds);

    /// <summary>The share of a part in the trainer's whole steps, 0 to 1.</summary>
    /// <param name="seconds">The part.</param>
    public double ShareOf(Func<StepTimes, double> seconds) =>
        Rounds.Sum(round => seconds(round.Parts)) / Rounds.Sum(round => round.Seconds);

    private double Median(Func<TrainingStepRound, double> quantity)
    {
        var sorted = Rounds.Select(quantity).Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
