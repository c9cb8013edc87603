using System.Globalization;

namespace Clamp.Losses.Training;

/// <summary>What an ONNX file tells of itself beside its graph.</summary>
internal static class OnnxMetadata
{
    private const string Licence =
        "The weights are their trainer's, under the terms of the images they were trained on; Clamp.Losses, which wrote this file, claims none.";

    /// <summary>The metadata.</summary>
    /// <param name="options">The options of the training.</param>
    /// <param name="width">F.</param>
    /// <param name="hasHead">Whether the features are the projection head's.</param>
    /// <param name="precision">What is computed in.</param>
    /// <param name="run">The name of the run.</param>
    public static SortedDictionary<string, string> Of(PretrainOptions options, long width, bool hasHead, OnnxPrecision precision, string? run)
    {
        var metadata = new SortedDictionary<string, string>(
            EncoderFile.Metadata(options), StringComparer.Ordinal)
        {
            ["features"] = width.ToString(CultureInfo.InvariantCulture),
            ["output"] = hasHead ? "embeddings of the projection head" : "features of the encoder",
            ["precision"] = precision.ToString().ToLowerInvariant(),
            ["normalisation"] = "in the graph, by mean and standard_deviation: give it pixel / 255",
            ["licence"] = Licence,
        };
        if (options is RunOptions named)
        {
            metadata["image_size"] = named.SeenSize.ToString(CultureInfo.InvariantCulture);
        }

        if (run is not null)
        {
            metadata["run"] = run;
        }

        return metadata;
    }
}
