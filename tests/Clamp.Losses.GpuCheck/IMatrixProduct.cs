namespace Clamp.Losses.GpuCheck;

/// <summary>Who multiplies matrices.</summary>
internal interface IMatrixProduct : IDisposable
{
    /// <summary>What it is, for the report.</summary>
    string Name { get; }

    /// <summary>Queues result = left right, or result += left right.</summary>
    /// <param name="left">The left factor.</param>
    /// <param name="right">The right factor.</param>
    /// <param name="result">Receives the product; not transposed.</param>
    /// <param name="accumulate">Whether to add to what is there.</param>
    void Multiply(Matrix left, Matrix right, Matrix result, bool accumulate);
}
