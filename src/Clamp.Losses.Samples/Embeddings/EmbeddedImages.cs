namespace Clamp.Losses.Samples.Embeddings;

/// <summary>Whose embeddings these are.</summary>
/// <param name="Names">The name of each image: its path below <paramref name="Root"/> with / between folders, or such as train/123.</param>
/// <param name="Labels">The name of each image's class; null without labels.</param>
/// <param name="Root">The folder that the names begin at; null where images are not of files.</param>
/// <param name="Encoder">What made the embeddings, for people; null where that is not known.</param>
public sealed record EmbeddedImages(
    IReadOnlyList<string> Names, IReadOnlyList<string>? Labels = null, string? Root = null, string? Encoder = null)
{
    /// <summary>Some of them.</summary>
    /// <param name="indices">Which, each from 0 to one less than there are names.</param>
    /// <returns>The images in the order of the indices.</returns>
    public EmbeddedImages At(IReadOnlyList<int> indices) => this with
    {
        Names = [.. indices.Select(index => Names[index])],
        Labels = Labels is null ? null : [.. indices.Select(index => Labels[index])],
    };
}
