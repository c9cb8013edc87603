using static TorchSharp.torch;

namespace Clamp.Losses.Baselines;

/// <summary>What every baseline does with its input first.</summary>
internal static class BaselineInput
{
    /// <summary>Embeddings in the precision they are computed in: float16 and bfloat16 become float32, others stay what they are.</summary>
    /// <param name="embeddings">z, [V, B, D], any floating dtype; rejected when not so.</param>
    public static Tensor Of(Tensor embeddings)
    {
        EmbeddingShape.ThrowIfNotViewMajor(embeddings, leastImages: 2);
        return embeddings.dtype is ScalarType.Float16 or ScalarType.BFloat16 ? embeddings.to(float32) : embeddings;
    }

    /// <summary>As <see cref="Of"/>, with every embedding scaled to length 1; one shorter than 1e-12 is divided by that instead.</summary>
    /// <param name="embeddings">z, [V, B, D], any floating dtype; rejected when not so.</param>
    public static Tensor OnUnitSphere(Tensor embeddings) => nn.functional.normalize(Of(embeddings), p: 2, dim: -1, eps: 1e-12);
}
