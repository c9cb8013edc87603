using static TorchSharp.torch;

namespace Clamp.Losses.Benchmarks;

/// <summary>What embeddings look like.</summary>
public enum TrainingPhase
{
    /// <summary>Views that have nothing in common: every pair of sub-manifolds overlaps.</summary>
    Early,

    /// <summary>Tight sub-manifolds in a hundred classes: about one pair in a hundred overlaps.</summary>
    Late,
}

/// <summary>Draws embeddings of a phase.</summary>
internal static class TrainingPhaseExtensions
{
    private const int Classes = 100;

    /// <summary>z, [V, B, D].</summary>
    /// <param name="phase">Early or late.</param>
    /// <param name="size">The shape.</param>
    public static Tensor Embeddings(this TrainingPhase phase, BatchSize size)
    {
        using var scope = NewDisposeScope();
        var noise = randn(size.Views, size.Images, size.Width);
        if (phase == TrainingPhase.Late)
        {
            var classes = randn(Classes, size.Width).index_select(0, randint(0, Classes, size.Images));
            var images = classes + 0.3 * randn(size.Images, size.Width);
            noise = images + 0.1 * noise;
        }

        return noise.MoveToOuterDisposeScope();
    }
}
