using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Commands;

/// <summary>How a run is carried out; nothing here changes its numbers.</summary>
public sealed record RunSettings
{
    /// <summary>The folder of a new run, or null for a new one under runs/. Not used when an earlier run is resumed.</summary>
    public string? Output { get; init; }

    /// <summary>The folder of the run to go on with, or null for a new run.</summary>
    public string? Resume { get; init; }

    /// <summary>When to save, and what to keep.</summary>
    public CheckpointOptions Checkpoints { get; init; } = new();

    /// <summary>How the encoder is scored on held-out images, before and after.</summary>
    public ScoreKind Score { get; init; } = ScoreKind.Probe;

    /// <summary>The epochs from one score to the next while training; 0 to score at the end alone.</summary>
    public int ScoreEvery { get; init; }

    /// <summary>The threads that torch computes with; 0 for all cores, which the processes on a machine share.</summary>
    public int Threads { get; init; }

    /// <summary>Whether only warnings, errors and the result are written to the console.</summary>
    public bool Quiet { get; init; }

    /// <summary>Whether the result is not written to the console either: somebody else tells it.</summary>
    public bool Silent { get; init; }
}
