namespace Clamp.Losses.Packing;

/// <summary>
/// A few rows of the matrix of all pairs of images against many columns: the unit of work, on one machine as over many processes, large
/// enough for good matrix products. A process's strips cover the upper triangle of its own images. One on the diagonal begins with a
/// square, which holds both (i, j) and (j, i); what lies beside it stands for its mirror image (j, i) too, which nobody else then visits.
/// Then come its own rows against the columns of the other processes, which visit (j, i) themselves.
/// </summary>
/// <param name="Row">The first image i.</param>
/// <param name="Rows">How many images i.</param>
/// <param name="Column">The first image j.</param>
/// <param name="Columns">How many images j.</param>
/// <param name="IsForeign">Whether the images j belong to other processes.</param>
internal readonly record struct PairStrip(int Row, int Rows, int Column, int Columns, bool IsForeign = false)
{
    /// <summary>How many of the columns, from the first on, do not stand for their mirror images.</summary>
    public int Unmirrored => IsForeign ? Columns : Row == Column ? Rows : 0;

    /// <summary>All strips of this process.</summary>
    /// <param name="shape">Which images are its own, and how many there are.</param>
    /// <param name="largest">How many rows and columns a strip has at most.</param>
    public static IEnumerable<PairStrip> Cut(BatchShape shape, (int Rows, int Columns) largest)
    {
        var end = shape.FirstImage + shape.Images;
        for (int row = shape.FirstImage; row < end; row += largest.Rows)
        {
            var rows = Math.Min(largest.Rows, end - row);
            foreach (var (from, to) in new[] { (row, end), (0, shape.FirstImage), (end, shape.AllImages) })
            {
                for (int column = from; column < to; column += largest.Columns)
                {
                    yield return new PairStrip(row, rows, column, Math.Min(largest.Columns, to - column), IsForeign: from != row);
                }
            }
        }
    }
}
