using Clamp.Losses.Training;

namespace Clamp.Losses.Benchmarks;

/// <summary>One step of the trainer, and the one that Python did after it.</summary>
/// <param name="Seconds">The trainer's whole step, seen from outside.</param>
/// <param name="Parts">Where they went.</param>
/// <param name="PythonSeconds">Python's step; null where there is no Python.</param>
internal sealed record TrainingStepRound(double Seconds, StepTimes Parts, double? PythonSeconds)
{
    /// <summary>The seconds for what Python's step does too: neither making views nor measuring the packing.</summary>
    public double ComparableSeconds => Seconds - Parts.Data - Parts.Measurement;
}
