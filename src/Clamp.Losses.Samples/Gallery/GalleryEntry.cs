namespace Clamp.Losses.Samples.Gallery;

/// <summary>An image in its place in a gallery.</summary>
/// <param name="Image">The image's number.</param>
/// <param name="Value">What is told of it there, such as its similarity to the query; null for nothing.</param>
public sealed record GalleryEntry(int Image, double? Value = null);
