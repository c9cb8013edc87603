namespace Clamp.Losses.Training;

/// <summary>How a linear probe is trained; stored with its result.</summary>
public sealed record ProbeOptions
{
    /// <summary>Passes over the training features; at least 1.</summary>
    public int Epochs { get; init; } = 40;

    /// <summary>Images in a batch; at least 1. The last batch of an epoch may be smaller, none is dropped.</summary>
    public int BatchSize { get; init; } = 256;

    /// <summary>What trains the classifier.</summary>
    public ProbeOptimizer Optimizer { get; init; } = ProbeOptimizer.Sgd;

    /// <summary>
    /// The learning rates that are tried, each above 0, before <see cref="LearningRateScaling"/>; each falls to 0 over half a cosine.
    /// </summary>
    public IReadOnlyList<double> LearningRates { get; init; } = [0.01, 0.03, 0.1, 0.3];

    /// <summary>How the learning rates follow the batch.</summary>
    public LearningRateScaling LearningRateScaling { get; init; } = LearningRateScaling.None;

    /// <summary>The momentum of <see cref="ProbeOptimizer.Sgd"/>; from 0 to below 1.</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>The weight decay; at least 0.</summary>
    public double WeightDecay { get; init; } = 1e-4;

    /// <summary>
    /// The share of the training images, drawn at random, on which the learning rate is chosen where the data set holds none out
    /// (<see cref="ImageSplits.HeldOut"/>); above 0, below 1.
    /// </summary>
    public double HeldOutShare { get; init; } = 0.1;

    /// <summary>Whether every epoch sees new random crops and flips, so that features are computed anew.</summary>
    public bool Augment { get; init; }

    /// <summary>Whether features are brought to mean 0 and deviation 1 over the training images first.</summary>
    public bool Standardise { get; init; } = true;

    /// <summary>Throws when a value cannot be used, listing every one.</summary>
    /// <exception cref="ArgumentException">Values are out of range.</exception>
    public void Validate() => OptionRules.Check(
        (Epochs < 1, nameof(Epochs), Epochs, "at least 1"),
        (BatchSize < 1, nameof(BatchSize), BatchSize, "at least 1"),
        (!Enum.IsDefined(Optimizer), nameof(Optimizer), Optimizer, "a known optimizer"),
        (LearningRates.Count == 0, nameof(LearningRates), "empty", "at least one number"),
        OptionRules.Rates(nameof(LearningRates), LearningRates),
        (!Enum.IsDefined(LearningRateScaling), nameof(LearningRateScaling), LearningRateScaling, "a known scaling"),
        (!(Momentum is >= 0 and < 1), nameof(Momentum), Momentum, "at least 0 and below 1"),
        (!(WeightDecay >= 0 && double.IsFinite(WeightDecay)), nameof(WeightDecay), WeightDecay, "a finite number of at least 0"),
        (!(HeldOutShare is > 0 and < 1), nameof(HeldOutShare), HeldOutShare, "above 0 and below 1"));
}
