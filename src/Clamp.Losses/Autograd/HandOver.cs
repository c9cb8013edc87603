using static TorchSharp.torch;

namespace Clamp.Losses.Autograd;

/// <summary>
/// The identity. It stands before a node that lends its gradient, and ends the loan: when it is reached, autograd alone holds the gradient,
/// which may be as large as the embeddings, and which a leaf may then keep without a copy.
/// </summary>
internal sealed class HandOver : GraphNode
{
    private HandOver()
    {
    }

    /// <summary>A tensor that shares memory with another and passes its gradient on to it.</summary>
    /// <param name="tensor">One that needs a gradient.</param>
    public static Tensor Before(Tensor tensor)
    {
        using var shared = tensor.detach();
        return new HandOver().Record(tensor, shared);
    }

    /// <inheritdoc/>
    protected override nint Backward(Tensor gradient) => Borrow(gradient);
}
