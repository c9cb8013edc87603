namespace Clamp.Losses.Training;

/// <summary>When a run saves its state, and which checkpoints it keeps.</summary>
public sealed record CheckpointOptions
{
    /// <summary>Steps between two checkpoints; 0 for one at the end of every epoch. A run that ends or is stopped saves its last step too.</summary>
    public int EverySteps { get; init; }

    /// <summary>How many of the newest checkpoints are kept; at least 1. With 2 a damaged one still has a predecessor.</summary>
    public int Keep { get; init; } = 2;

    /// <summary>The checkpoint at the end of each so many epochs is kept for good; 0 for none.</summary>
    public int KeepEveryEpochs { get; init; }

    /// <summary>Throws when a value cannot be used, listing every one.</summary>
    /// <exception cref="ArgumentException">Values are out of range.</exception>
    public void Validate() => OptionRules.Check(
        (EverySteps < 0, nameof(EverySteps), EverySteps, "at least 0"),
        (Keep < 1, nameof(Keep), Keep, "at least 1"),
        (KeepEveryEpochs < 0, nameof(KeepEveryEpochs), KeepEveryEpochs, "at least 0"));

    /// <summary>Whether a checkpoint follows a step.</summary>
    /// <param name="step">The step, from 1.</param>
    /// <param name="stepsPerEpoch">The steps of an epoch.</param>
    public bool IsDue(int step, int stepsPerEpoch) =>
        IsKept(step, stepsPerEpoch) || step % (EverySteps > 0 ? EverySteps : stepsPerEpoch) == 0;

    /// <summary>Whether the checkpoint of a step is kept however old it gets.</summary>
    /// <param name="step">The step, from 1.</param>
    /// <param name="stepsPerEpoch">The steps of an epoch.</param>
    public bool IsKept(int step, int stepsPerEpoch) => KeepEveryEpochs > 0 && step % ((long)KeepEveryEpochs * stepsPerEpoch) == 0;
}
