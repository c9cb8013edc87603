namespace Clamp.Losses.GpuCheck;

/// <summary>A float32 matrix on the device.</summary>
/// <param name="Address">Of its first entry.</param>
/// <param name="Rows">How many rows.</param>
/// <param name="Columns">How many columns.</param>
/// <param name="Stride">Numbers from one row to the next, or from one column to the next of a transposed one.</param>
/// <param name="IsTransposed">Whether its columns are contiguous, instead of its rows.</param>
internal readonly record struct Matrix(long Address, int Rows, int Columns, int Stride, bool IsTransposed = false)
{
    /// <summary>The same memory, rows and columns exchanged.</summary>
    public Matrix Transposed => this with { Rows = Columns, Columns = Rows, IsTransposed = !IsTransposed };

    /// <summary>Some of its rows; it must not be transposed.</summary>
    /// <param name="first">The first.</param>
    /// <param name="count">How many.</param>
    public Matrix RowsFrom(int first, int count) => this with { Address = Address + sizeof(float) * (long)first * Stride, Rows = count };

    /// <summary>Some of its columns; it must not be transposed.</summary>
    /// <param name="first">The first.</param>
    /// <param name="count">How many.</param>
    public Matrix ColumnsFrom(int first, int count) => this with { Address = Address + sizeof(float) * first, Columns = count };
}
