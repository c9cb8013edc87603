namespace Clamp.Losses.Samples.Analysis;

/// <summary>A small image.</summary>
/// <param name="Address">Its data address.</param>
/// <param name="Title">What it shows.</param>
/// <param name="IsMarked">Whether it has a frame.</param>
internal sealed record Tile(string Address, string Title, bool IsMarked = false);
