using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>What a search takes.</summary>
internal static class EmbeddingRules
{
    /// <summary>Throws when a tensor holds no embeddings.</summary>
    /// <param name="embeddings">The tensor.</param>
    /// <param name="name">The argument.</param>
    public static void Check(Tensor embeddings, string name)
    {
        ArgumentNullException.ThrowIfNull(embeddings, name);
        if (embeddings.dim() != 2 || embeddings.shape[0] is < 1 or > int.MaxValue || embeddings.shape[1] < 1 || embeddings.dtype != float32)
        {
            throw new ArgumentException(
                $"A tensor [{string.Join(", ", embeddings.shape)}] of {embeddings.dtype} was given; embeddings must be [N, F] of Float32, with N and F at least 1.",
                name);
        }
    }

    /// <summary>Throws when a number of neighbours is below 1.</summary>
    /// <param name="k">The number.</param>
    public static void Check(int k) => OptionRules.Check((k < 1, nameof(k), k, "at least 1"));
}
