namespace Clamp.Losses.Benchmarks;

/// <summary>The shape of embeddings, and the radius scale that goes with it.</summary>
/// <param name="Views">V.</param>
/// <param name="Images">B.</param>
/// <param name="Width">D.</param>
/// <param name="RadiusScale">r_s.</param>
public sealed record BatchSize(int Views, int Images, int Width, double RadiusScale)
{
    /// <inheritdoc/>
    public override string ToString() => $"V{Views} B{Images} D{Width}";
}
