namespace Clamp.Losses.Training;

/// <summary>What supervised training of a whole network reached.</summary>
/// <param name="Test">The accuracy on the whole test set.</param>
/// <param name="FinalLoss">The mean training loss of the last epoch.</param>
/// <param name="Protocol">How it was trained.</param>
public sealed record FinetuneResult(Accuracy Test, double FinalLoss, FinetuneOptions Protocol)
{
    /// <summary>The learning rates that were tried before, on held-out images; empty without a sweep.</summary>
    public IReadOnlyList<ProbedRate> Sweep { get; init; } = [];
}
