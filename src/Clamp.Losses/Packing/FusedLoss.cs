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
            : tensor((float)LossOfEnergy.Of(pool.Use(packing => packing.Energy(single)), pool.Options));
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
        var result = pool.Use(packing =>
        {
            var gradient = packing.EnergyAndGradient(single);
            packing.Centre(gradient.Projected, gradient.Mean, LossOfEnergy.Slope(gradient.Energy, pool.Options), gradient.Projected);
            return gradient;
        });
        var loss = tensor((float)LossOfEnergy.Of(result.Energy, pool.Options));
        return (loss.MoveToOuterDisposeScope(), result.Projected.to(embeddings.dtype).MoveToOuterDisposeScope());
    }
}
