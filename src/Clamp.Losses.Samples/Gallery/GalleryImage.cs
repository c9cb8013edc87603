namespace Clamp.Losses.Samples.Gallery;

/// <summary>An image as a gallery shows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Label">The name of its class; null without.</param>
/// <param name="Picture">A JPEG file; null where there is none to show.</param>
public sealed record GalleryImage(string Name, string? Label, byte[]? Picture);
