using static TorchSharp.torch;

namespace Clamp.Losses.Benchmarks;

/// <summary>What every comparison of losses times.</summary>
internal static class TimedStep
{
    /// <summary>Forward and backward; neither the graph nor the gradient stays.</summary>
    /// <param name="loss">Computes the loss.</param>
    /// <param name="embeddings">z, a leaf that needs a gradient.</param>
    public static void ForwardAndBackward(Func<Tensor, Tensor> loss, Tensor embeddings)
    {
        using var scope = NewDisposeScope();
        loss(embeddings).backward();
        embeddings.grad = null;
    }
}
