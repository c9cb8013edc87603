namespace Clamp.Losses.Packing;

/// <summary>A rectangle of the matrix of all pairs of images: the unit of work, on one machine as over many processes.</summary>
/// <param name="Row">The first image i.</param>
/// <param name="Rows">How many images i.</param>
/// <param name="Column">The first image j.</param>
/// <param name="Columns">How many images j.</param>
/// <param name="Mirrored">
/// Whether the block stands for its mirror image (j, i) as well, which nobody else then visits. Otherwise each pair comes twice, once
/// from either side, and each time counts half in the energy.
/// </param>
internal readonly record struct PairBlock(int Row, int Rows, int Column, int Columns, bool Mirrored);
