using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;

namespace Clamp.Losses.Training;

/// <summary>
/// How an encoder is pretrained. What it is pretrained on, and which encoder, is the caller's; <see cref="RunOptions"/> adds the choices
/// that have names.
/// </summary>
public record PretrainOptions
{
    internal static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };

    private const double ScalingBatch = 256;

    // Far beyond what packs; a slip of the keyboard must not ask for terabytes.
    private const int MostViews = 1000;

    // Rate times decay, scaled to the largest batch, stays within float32's range: beyond it libtorch reports a fault of its own.
    private const double MostRate = 1e30;
    private const double MostDecay = 1;

    /// <summary>
    /// The type of the images that the encoder sees while training; its features are scored in float32 whatever it is. A
    /// <see cref="ResNet"/> computes its convolutions in it; another encoder must take it.
    /// </summary>
    public Precision Precision { get; init; } = Precision.Float32;

    /// <summary>The widths of the projection head's layers; the last is D.</summary>
    public IReadOnlyList<int> Projection { get; init; } = [256, 128];

    /// <summary>Passes over the training images; at least 1.</summary>
    public int Epochs { get; init; } = 2;

    /// <summary>Images in a batch, B, over all processes; at least 4.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>Views of each image, V; from 2 to 1000.</summary>
    public int Views { get; init; } = 4;

    /// <summary>What is minimised. The packing's geometry is reported whatever the loss.</summary>
    public LossKind Loss { get; init; } = LossKind.Clamp;

    /// <summary>
    /// Images that go through the encoder at once, so that memory is bounded by them and not by the batch (<see cref="GradientCache"/>;
    /// batch norm then sees chunks); 0 for the whole batch. With <see cref="LossKind.Clamp"/> alone. Of several processes each takes a
    /// share of every chunk.
    /// </summary>
    public int Chunk { get; init; }

    /// <summary>
    /// Whether the gradients of several processes are averaged, as the paper's code does, instead of added up: divided by the number of
    /// processes, they are not those of the loss.
    /// </summary>
    public bool AverageGradients { get; init; }

    /// <summary>What turns gradients into steps.</summary>
    public OptimizerKind Optimizer { get; init; } = OptimizerKind.AdamW;

    /// <summary>The peak learning rate, before <see cref="LearningRateScaling"/>; above 0 and at most 1e30.</summary>
    public double LearningRate { get; init; } = 4e-3;

    /// <summary>How the peak learning rate follows the batch.</summary>
    public LearningRateScaling LearningRateScaling { get; init; } = LearningRateScaling.None;

    /// <summary>The share of the steps in which the learning rate climbs; 0 to 1.</summary>
    public double WarmupShare { get; init; } = 0.1;

    /// <summary>The weight decay, AdamW's decoupled; from 0 to 1.</summary>
    public double WeightDecay { get; init; } = 1e-4;

    /// <summary>The momentum of SGD (Nesterov's) and LARS, from 0 to below 1; AdamW has none.</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>LARS's eta, the share of a layer's norm that a step of learning rate 1 may change; above 0 and at most 1e30.</summary>
    public double TrustCoefficient { get; init; } = 0.001;

    /// <summary>Seeds the order and the augmentation; a run's weights, subsets and probe too.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>
    /// CLAMP's parameters. With 4 views the paper's r_s of 8.5 keeps every reach at d_max, where radii feel no force, for longer than a
    /// run on a CPU lasts; 3 lets views align from the start.
    /// </summary>
    public ClampLossOptions Clamp { get; init; } = new() { RadiusScale = 3 };

    /// <summary>What pixels are normalised by, for views and for every score of the encoder.</summary>
    public Normalisation Normalisation { get; init; } = new();

    /// <summary>The augmentation, of the even views when there is another for the odd ones.</summary>
    public AugmentationOptions Augmentation { get; init; } = new();

    /// <summary>The augmentation of the odd views, counted from 0; null for the same as the even ones'.</summary>
    public AugmentationOptions? AlternateAugmentation { get; init; }

    /// <summary>The highest learning rate of the run: <see cref="LearningRate"/>, scaled to <see cref="BatchSize"/>.</summary>
    /// <returns>Above 0.</returns>
    public double PeakLearningRate() => Scaled(LearningRate, LearningRateScaling, BatchSize);

    /// <summary>What makes the views that are trained on: of the even and the odd ones, where <see cref="AlternateAugmentation"/> is given.</summary>
    /// <returns>A new augmentation, seeded by <see cref="Seed"/>.</returns>
    public MultiViewAugmentation CreateAugmentation()
    {
        AugmentationOptions[] transforms = AlternateAugmentation is { } alternate ? [Augmentation, alternate] : [Augmentation];
        return new MultiViewAugmentation(transforms, Seed, Normalisation);
    }

    /// <summary>The same options without what does not change a run's numbers, such as where files lie.</summary>
    /// <returns>The options by which a run is recognised when it goes on.</returns>
    public virtual PretrainOptions Essentials() => this;

    /// <summary>What is stored with a run, properties of derived records included.</summary>
    /// <returns>JSON.</returns>
    public string ToJson() => JsonSerializer.Serialize(this, GetType(), Json);

    /// <summary>Throws when a value cannot be used, listing every one.</summary>
    /// <exception cref="InvalidOptionsException">Values are out of range.</exception>
    public void Validate() => OptionRules.Refuse(Faults());

    /// <summary>What is wrong with the values.</summary>
    /// <returns>A sentence for each value that cannot be used.</returns>
    public virtual IEnumerable<string> Faults() =>
    [
        .. OwnFaults(),
        .. FaultsOfClamp(),
        .. Normalisation.Faults().Select(fault => $"{nameof(Normalisation)}: {fault}"),
        .. Augmentation.Faults().Select(fault => $"{nameof(Augmentation)}: {fault}"),
        .. AlternateAugmentation?.Faults().Select(fault => $"{nameof(AlternateAugmentation)}: {fault}") ?? [],
    ];

    /// <summary>A learning rate that is given for 256 images, for a batch of another size.</summary>
    internal static double Scaled(double rate, LearningRateScaling scaling, int batchSize) => scaling switch
    {
        LearningRateScaling.Linear => rate * batchSize / ScalingBatch,
        LearningRateScaling.SquareRoot => rate * Math.Sqrt(batchSize / ScalingBatch),
        _ => rate,
    };

    /// <summary>The settings that runs of earlier versions lack, and what those versions did.</summary>
    internal virtual Dictionary<string, object?> Earlier() => new()
    {
        [nameof(Normalisation)] = new Normalisation(),
        [nameof(AverageGradients)] = false,
        [$"{nameof(Clamp)}:{nameof(Clamp.SplitProducts)}"] = false,
    };

    private IEnumerable<string> OwnFaults() => OptionRules.Faults(
        (Projection.Count == 0 || Projection.Any(w => w < 1), nameof(Projection), string.Join(' ', Projection), "widths of at least 1"),
        (Epochs < 1, nameof(Epochs), Epochs, "at least 1"),
        (BatchSize < 4, nameof(BatchSize), BatchSize, "at least 4"),
        (Views is < 2 or > MostViews, nameof(Views), Views, $"from 2 to {MostViews}"),
        (!Enum.IsDefined(Precision), nameof(Precision), Precision, "float32 or bfloat16"),
        (!Enum.IsDefined(Loss), nameof(Loss), Loss, "a known loss"),
        (Chunk < 0, nameof(Chunk), Chunk, "at least 0"),
        (Chunk > 0 && Loss != LossKind.Clamp, nameof(Chunk), Chunk, "0 unless Loss is Clamp, the one loss that is taken in chunks"),
        (!(LearningRate is > 0 and <= MostRate), nameof(LearningRate), LearningRate, $"above 0 and at most {MostRate}"),
        (!(WarmupShare is >= 0 and <= 1), nameof(WarmupShare), WarmupShare, "from 0 to 1"),
        (!(WeightDecay is >= 0 and <= MostDecay), nameof(WeightDecay), WeightDecay, $"from 0 to {MostDecay}"),
        (!(Momentum is >= 0 and < 1), nameof(Momentum), Momentum, "from 0 to below 1"),
        (!(TrustCoefficient is > 0 and <= MostRate), nameof(TrustCoefficient), TrustCoefficient, $"above 0 and at most {MostRate}"));

    private IEnumerable<string> FaultsOfClamp()
    {
        try
        {
            new ClampLoss(Clamp).Dispose();
            return [];
        }
        catch (OptionsValidationException e)
        {
            return e.Failures.Select(failure => $"{nameof(Clamp)}: {failure}");
        }
    }
}
