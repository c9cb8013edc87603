namespace Clamp.Losses.Training;

/// <summary>What was evaluated on what; stored with every result.</summary>
/// <param name="Encoder">The kind of encoder.</param>
/// <param name="Checkpoint">The file of its weights.</param>
/// <param name="CheckpointSha256">The SHA-256 of that file, in hexadecimal.</param>
/// <param name="Dataset">The images.</param>
/// <param name="TrainImages">How many images were trained on, or voted.</param>
/// <param name="TestImages">How many images were scored: all of the test set that was loaded.</param>
/// <param name="Classes">The number of classes.</param>
/// <param name="ImageHeight">The height of the images in pixels, as the encoder saw them.</param>
/// <param name="ImageWidth">The width of the images in pixels, as the encoder saw them.</param>
/// <param name="Seed">The seed of the evaluation.</param>
/// <param name="Versions">The versions of the software.</param>
public sealed record EvaluationSetting(
    string Encoder,
    string Checkpoint,
    string CheckpointSha256,
    string Dataset,
    int TrainImages,
    int TestImages,
    int Classes,
    int ImageHeight,
    int ImageWidth,
    int Seed,
    IReadOnlyDictionary<string, string> Versions)
{
    /// <summary>What pixels were normalised by.</summary>
    public Normalisation Normalisation { get; init; } = new();

    /// <summary>How image files were seen.</summary>
    public CentreCrop Centre { get; init; } = new();

    /// <summary>What to know about the images, such as that a published set was there in part.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
