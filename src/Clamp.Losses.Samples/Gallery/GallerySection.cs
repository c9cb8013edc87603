namespace Clamp.Losses.Samples.Gallery;

/// <summary>Images that belong together.</summary>
/// <param name="Heading">What they are.</param>
/// <param name="Entries">The images, in order.</param>
public sealed record GallerySection(string Heading, IReadOnlyList<GalleryEntry> Entries);
