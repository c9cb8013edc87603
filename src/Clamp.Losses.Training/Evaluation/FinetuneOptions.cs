namespace Clamp.Losses.Training;

/// <summary>How a whole network is trained on labelled images; stored with its result. SGD with Nesterov momentum, cosine schedule.</summary>
public sealed record FinetuneOptions
{
    /// <summary>Passes over the labelled images; at least 1.</summary>
    public int Epochs { get; init; } = 60;

    /// <summary>Images in a batch; at least 4.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>The peak learning rate of the classifier; above 0.</summary>
    public double LearningRate { get; init; } = 0.1;

    /// <summary>
    /// The learning rates of a sweep, each above 0, of which the one that does best on held-out images takes the place of
    /// <see cref="LearningRate"/> (<see cref="FinetuneSweep"/>); empty for none.
    /// </summary>
    public IReadOnlyList<double> LearningRates { get; init; } = [];

    /// <summary>What the learning rate is multiplied by for the encoder; at least 0.</summary>
    public double EncoderRateScale { get; init; } = 0.1;

    /// <summary>The Nesterov momentum; above 0, below 1.</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>The weight decay, added to the gradient; at least 0.</summary>
    public double WeightDecay { get; init; } = 1e-4;

    /// <summary>Throws when a value cannot be used, listing every one.</summary>
    /// <exception cref="ArgumentException">Values are out of range.</exception>
    public void Validate() => OptionRules.Check(
        (Epochs < 1, nameof(Epochs), Epochs, "at least 1"),
        (BatchSize < 4, nameof(BatchSize), BatchSize, "at least 4"),
        (!(LearningRate > 0 && double.IsFinite(LearningRate)), nameof(LearningRate), LearningRate, "a finite number above 0"),
        OptionRules.Rates(nameof(LearningRates), LearningRates),
        (
            !(EncoderRateScale >= 0 && double.IsFinite(EncoderRateScale)),
            nameof(EncoderRateScale),
            EncoderRateScale,
            "a finite number of at least 0"),
        (!(Momentum is > 0 and < 1), nameof(Momentum), Momentum, "above 0 and below 1"),
        (!(WeightDecay >= 0 && double.IsFinite(WeightDecay)), nameof(WeightDecay), WeightDecay, "a finite number of at least 0"));
}
