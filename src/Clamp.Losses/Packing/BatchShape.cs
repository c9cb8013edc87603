namespace Clamp.Losses.Packing;

/// <summary>The sizes of embeddings [V, B, D].</summary>
/// <param name="Views">V.</param>
/// <param name="Images">B.</param>
/// <param name="Width">D.</param>
internal readonly record struct BatchShape(int Views, int Images, int Width)
{
    /// <summary>V * B.</summary>
    public long Rows => (long)Views * Images;

    /// <summary>V * B * D.</summary>
    public long Numbers => Rows * Width;
}
