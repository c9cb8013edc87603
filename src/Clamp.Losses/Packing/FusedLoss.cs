using static TorchSharp.torch;

namespace Clamp.Losses.Packing;

/// <summary>The fused loss of float embeddings of any precision up to float32, with or without a graph.</summary>
internal static class FusedLoss
{
    /// <summary>The loss; a graph is recorded when the embeddings need a gradient.</summary>
    /// <param name="embeddings">z, [V, B, D].</param>
    /// <param name="pool">Who computes it.</param>
    public static Tensor Loss(Tensor embeddings, FusedPackingPool pool)
    {
        using var scope = NewDisposeScope();
        var single = embeddings.to(float32);
        var loss = single.requires_grad && is_grad_enabled()
            ? FusedFunction.Of(single, pool)
            : pool.Use(packing => packing.Loss(single));
        return loss.MoveToOuterDisposeScope();
    }

    /// <summary>The loss and its gradient, [V, B, D], in the embeddings' dtype, without a graph.</summary>
    /// <param name="embeddings">z, [V, B, D].</param>
    /// <param name="pool">Who computes it.</param>
    public static (Tensor Loss, Tensor Gradient) LossAndGradient(Tensor embeddings, FusedPackingPool pool)
    {
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        var single = embeddings.to(float32);
        var (loss, gradient) = pool.Use(packing =>
        {
            var (loss, uncentred) = packing.LossAndGradient(single);
            return (loss, packing.Centre(uncentred, upstream: null));
        });
        return (loss.MoveToOuterDisposeScope(), gradient.to(embeddings.dtype).MoveToOuterDisposeScope());
    }
}
