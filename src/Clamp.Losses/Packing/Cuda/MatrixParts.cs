namespace Clamp.Losses.Packing.Cuda;

/// <summary>Bfloat16 parts of a factor, one beside the other along the dimension that a product sums over.</summary>
/// <param name="data">Their first number.</param>
/// <param name="columns">How many numbers are summed over.</param>
/// <param name="stride">Numbers from one row to the next, or from one column to the next of transposed ones.</param>
/// <param name="isTransposed">Whether columns are contiguous, instead of rows.</param>
internal readonly unsafe struct MatrixParts(ushort* data, int columns, int stride, bool isTransposed)
{
    public readonly ushort* Data = data;
    public readonly int Columns = columns;
    public readonly int Stride = stride;
    public readonly bool IsTransposed = isTransposed;

    /// <summary>Some of the columns.</summary>
    /// <param name="first">The first.</param>
    /// <param name="count">How many.</param>
    public MatrixParts ColumnsFrom(int first, int count) =>
        new(Data + (IsTransposed ? (nint)first * Stride : first), count, Stride, IsTransposed);
}
