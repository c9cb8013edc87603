namespace Clamp.Losses.Packing;

/// <summary>A float32 matrix in memory.</summary>
/// <param name="data">Its first number.</param>
/// <param name="rows">How many rows.</param>
/// <param name="columns">How many columns.</param>
/// <param name="stride">Numbers from one row to the next, or from one column to the next of a transposed one.</param>
/// <param name="isTransposed">Whether its columns are contiguous, instead of its rows.</param>
internal readonly unsafe struct Matrix(float* data, int rows, int columns, int stride, bool isTransposed = false)
{
    public readonly float* Data = data;
    public readonly int Rows = rows;
    public readonly int Columns = columns;
    public readonly int Stride = stride;
    public readonly bool IsTransposed = isTransposed;

    /// <summary>The same memory, rows and columns exchanged.</summary>
    public Matrix Transposed => new(Data, Columns, Rows, Stride, !IsTransposed);

    /// <summary>Some of its rows; it must not be transposed.</summary>
    /// <param name="first">The first.</param>
    /// <param name="count">How many.</param>
    public Matrix RowsFrom(int first, int count) => new(Data + (nint)first * Stride, count, Columns, Stride);

    /// <summary>Some of its columns.</summary>
    /// <param name="first">The first.</param>
    /// <param name="count">How many.</param>
    public Matrix ColumnsFrom(int first, int count) => new(Data + (IsTransposed ? (nint)first * Stride : first), Rows, count, Stride, IsTransposed);
}
