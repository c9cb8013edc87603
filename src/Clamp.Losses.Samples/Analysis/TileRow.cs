namespace Clamp.Losses.Samples.Analysis;

/// <summary>A row of small images.</summary>
/// <param name="Name">Its name, as it is.</param>
/// <param name="Tiles">The images, the first of which stands apart.</param>
internal sealed record TileRow(string Name, IReadOnlyList<Tile> Tiles);
