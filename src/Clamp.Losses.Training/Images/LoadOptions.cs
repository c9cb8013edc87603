namespace Clamp.Losses.Training;

/// <summary>How many images are loaded, and in what form.</summary>
public sealed record LoadOptions
{
    /// <summary>
    /// The height and width, in pixels, that image files are brought to and shapes are drawn at; from 1 to
    /// <see cref="ImageFolder.MaxSize"/>. Published sets keep their own size.
    /// </summary>
    public int ImageSize { get; init; } = 32;

    /// <summary>The largest number of training images, drawn class-balanced; 0 takes all. As many shapes are drawn, or a usual number for 0.</summary>
    public int TrainLimit { get; init; }

    /// <summary>The same for the test images.</summary>
    public int TestLimit { get; init; }

    /// <summary>Decides which images a limit takes, and which shapes are drawn.</summary>
    public int Seed { get; init; }

    /// <summary>
    /// Whether image files are decoded each time that they are needed, so that crops are taken from the whole picture, instead of once into
    /// memory; null streams what would take more than <see cref="ImageFolder.LargestInMemory"/>, and what <see cref="Centre"/> scales to
    /// more than <see cref="ImageSize"/>, as crops would miss its border. Other images are held in memory always.
    /// </summary>
    public bool? Stream { get; init; }

    /// <summary>How a score sees the pictures of image files; what is held in memory is their centre.</summary>
    public CentreCrop Centre { get; init; } = new();

    /// <summary>Whether a published set may be here in part, or altered, with a warning (<see cref="ImageSplits.Warnings"/>).</summary>
    public bool AllowPartial { get; init; }

    /// <summary>Throws when a value cannot be used, listing every one.</summary>
    /// <exception cref="InvalidOptionsException">Values are out of range.</exception>
    public void Validate() => OptionRules.Check(
        (ImageSize is < 1 or > ImageFolder.MaxSize, nameof(ImageSize), ImageSize, $"from 1 to {ImageFolder.MaxSize}"),
        (TrainLimit < 0, nameof(TrainLimit), TrainLimit, "at least 0"),
        (TestLimit < 0, nameof(TestLimit), TestLimit, "at least 0"));
}
