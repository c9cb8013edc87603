using TorchSharp;
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
        var readable = Readable(embeddings);
        var loss = readable.requires_grad && is_grad_enabled()
            ? FusedFunction.Of(readable, pool)
            : pool.Use(readable.device, packing => packing.Loss(readable));
        return loss.MoveToOuterDisposeScope();
    }

    /// <summary>The loss and its gradient, [V, B, D], in the embeddings' dtype, without a graph.</summary>
    /// <param name="embeddings">z, [V, B, D].</param>
    /// <param name="pool">Who computes it.</param>
    public static (Tensor Loss, Tensor Gradient) LossAndGradient(Tensor embeddings, FusedPackingPool pool)
    {
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        var readable = Readable(embeddings);
        var (loss, gradient) = pool.Use(readable.device, packing =>
        {
            var (loss, uncentred) = packing.LossAndGradient(readable);
            return (loss, packing.Centre(uncentred, upstream: null, readable.dtype));
        });
        return (loss.MoveToOuterDisposeScope(), gradient.to(embeddings.dtype).MoveToOuterDisposeScope());
    }

    /// <summary>The CPU's kernels read float32 alone, a GPU's 16-bit floats too.</summary>
    private static Tensor Readable(Tensor embeddings) => embeddings.device.type == DeviceType.CPU ? embeddings.to(float32) : embeddings;
}
