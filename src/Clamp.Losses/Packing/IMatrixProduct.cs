namespace Clamp.Losses.Packing;

/// <summary>Who multiplies float32 matrices, as right as float32 is; for the threads that use the step's memory it was asked for with.</summary>
internal interface IMatrixProduct
{
    /// <summary>result = left right, or result += left right.</summary>
    /// <param name="left">The left factor.</param>
    /// <param name="right">The right factor.</param>
    /// <param name="result">Receives the product; not transposed.</param>
    /// <param name="accumulate">Whether to add to what is there.</param>
    void Multiply(Matrix left, Matrix right, Matrix result, bool accumulate);
}
