namespace Clamp.Losses.Packing;

/// <summary>
/// A few rows of the matrix of all pairs of images against many columns: the unit of work, on one machine as over many processes, large
/// enough for good matrix products. Strips cover the upper triangle. One on the diagonal begins with a square, which holds both (i, j) and
/// (j, i); what lies beside it stands for its mirror image (j, i) too, which nobody else then visits.
/// </summary>
/// <param name="Row">The first image i.</param>
/// <param name="Rows">How many images i.</param>
/// <param name="Column">The first image j.</param>
/// <param name="Columns">How many images j.</param>
internal readonly record struct PairStrip(int Row, int Rows, int Column, int Columns)
{
    /// <summary>How many of the columns belong to the square on the diagonal.</summary>
    public int Square => Row == Column ? Rows : 0;

    /// <summary>All strips of a batch.</summary>
    /// <param name="images">B.</param>
    /// <param name="largest">How many rows and columns a strip has at most.</param>
    public static IEnumerable<PairStrip> Cut(int images, (int Rows, int Columns) largest)
    {
        for (int row = 0; row < images; row += largest.Rows)
        {
            for (int column = row; column < images; column += largest.Columns)
            {
                yield return new PairStrip(
                    row, Math.Min(largest.Rows, images - row), column, Math.Min(largest.Columns, images - column));
            }
        }
    }
}
