using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Sweeps;

/// <summary>What became of a cell.</summary>
/// <param name="State">How far it is.</param>
/// <param name="Report">Its score on held-out images, once it is finished.</param>
/// <param name="End">How its training ended, where that is known.</param>
/// <param name="Reason">Why it failed.</param>
internal sealed record CellOutcome(CellState State, PretrainReport? Report = null, TrainingEnd? End = null, string? Reason = null)
{
    /// <summary>One that is not there yet.</summary>
    public static CellOutcome Unfinished { get; } = new(CellState.Unfinished);
}
