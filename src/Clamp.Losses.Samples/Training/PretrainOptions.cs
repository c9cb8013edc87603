using Clamp.Losses.Samples.Augmentation;
using Clamp.Losses.Samples.Data;
using Clamp.Losses.Samples.Models;

namespace Clamp.Losses.Samples.Training;

/// <summary>Everything that decides a pretraining run; stored with it as config.json.</summary>
public sealed record PretrainOptions
{
    /// <summary>The images.</summary>
    public DatasetKind Dataset { get; init; } = DatasetKind.Shapes;

    /// <summary>The folder with the data set's files; not used for the drawn shapes.</summary>
    public string? DataRoot { get; init; }

    /// <summary>The side that drawn shapes and image folders are brought to, in pixels; at least 16.</summary>
    public int ImageSize { get; init; } = 32;

    /// <summary>
    /// Whether image folders are decoded anew in each epoch, so that crops come from the whole picture; null decides by their size
    /// (<see cref="ImageFolder.LargestInMemory"/>).
    /// </summary>
    public bool? StreamImages { get; init; }

    /// <summary>How many training images to use, balanced over classes; 0 for all, or for the usual number of shapes.</summary>
    public int TrainImages { get; init; }

    /// <summary>How many test images to use, balanced over classes; 0 for all.</summary>
    public int TestImages { get; init; }

    /// <summary>The network whose features are wanted.</summary>
    public EncoderKind Encoder { get; init; } = EncoderKind.Tiny;

    /// <summary>The widths of the projection head's layers; the last is D.</summary>
    public IReadOnlyList<int> Projection { get; init; } = [256, 128];

    /// <summary>Passes over the training images; at least 1.</summary>
    public int Epochs { get; init; } = 2;

    /// <summary>Images in a batch, B; at least 4.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>Views of each image, V; at least 2.</summary>
    public int Views { get; init; } = 4;

    /// <summary>What is minimised. The packing's geometry is reported whatever the loss.</summary>
    public LossKind Loss { get; init; } = LossKind.Clamp;

    /// <summary>
    /// Images that go through the encoder at once, so that memory is bounded by them and not by the batch (<see cref="GradientCache"/>;
    /// batch norm then sees chunks); 0 for the whole batch. With <see cref="LossKind.Clamp"/> alone.
    /// </summary>
    public int Chunk { get; init; }

    /// <summary>The peak learning rate of AdamW; above 0.</summary>
    public double LearningRate { get; init; } = 4e-3;

    /// <summary>The share of the steps in which the learning rate climbs; 0 to 1.</summary>
    public double WarmupShare { get; init; } = 0.1;

    /// <summary>AdamW's decoupled weight decay; at least 0.</summary>
    public double WeightDecay { get; init; } = 1e-4;

    /// <summary>Seeds the weights, the order, the augmentation, the subsets and the probe.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>
    /// CLAMP's parameters. With 4 views the paper's r_s of 8.5 keeps every reach at d_max, where radii feel no force, for longer than a
    /// run on a CPU lasts; 3 lets views align from the start.
    /// </summary>
    public ClampLossOptions Clamp { get; init; } = new() { RadiusScale = 3 };

    /// <summary>The augmentation.</summary>
    public AugmentationOptions Augmentation { get; init; } = new();

    /// <summary>Throws when a value cannot be used, listing every one.</summary>
    /// <exception cref="ArgumentException">Values are out of range.</exception>
    public void Validate()
    {
        Augmentation.Validate();
        if (Faults().ToList() is { Count: > 0 } faults)
        {
            throw new ArgumentException(string.Join(Environment.NewLine, faults));
        }
    }

    private IEnumerable<string> Faults()
    {
        (bool Wrong, string Name, object Given, string Allowed)[] rules =
        [
            (Dataset != DatasetKind.Shapes && DataRoot is null, "data-root", "not given", $"the folder with the files of {Dataset}"),
            (ImageSize < 16, "image-size", ImageSize, "at least 16"),
            (TrainImages < 0, "train-images", TrainImages, "at least 0"),
            (TestImages < 0, "test-images", TestImages, "at least 0"),
            (Projection.Count == 0 || Projection.Any(width => width < 1), "projection", string.Join(' ', Projection), "widths of at least 1"),
            (Epochs < 1, "epochs", Epochs, "at least 1"),
            (BatchSize < 4, "batch-size", BatchSize, "at least 4"),
            (Views < 2, "views", Views, "at least 2"),
            (!Enum.IsDefined(Loss), "loss", Loss, "a known loss"),
            (Chunk < 0, "chunk", Chunk, "at least 0"),
            (Chunk > 0 && Loss != LossKind.Clamp, "chunk", Chunk, "0 unless --loss is clamp, the one loss that is taken in chunks"),
            (!(LearningRate > 0 && double.IsFinite(LearningRate)), "learning-rate", LearningRate, "a finite number above 0"),
            (!(WarmupShare is >= 0 and <= 1), "warmup-share", WarmupShare, "from 0 to 1"),
            (!(WeightDecay >= 0 && double.IsFinite(WeightDecay)), "weight-decay", WeightDecay, "a finite number of at least 0"),
        ];
        return rules.Where(rule => rule.Wrong).Select(rule => $"--{rule.Name} is {rule.Given}; it must be {rule.Allowed}.");
    }
}
