using Clamp.Losses.Autograd;
using Clamp.Losses.Distributed;
using static TorchSharp.torch;

namespace Clamp.Losses.Packing;

/// <summary>
/// The fused loss as a node of the autograd graph. Forward has computed the gradient but for its centring, which backward does where it
/// lies, together with the scaling by the incoming gradient: one pass over memory less, and one tensor. That uses it up; a second
/// backward through a retained graph computes it anew from the embeddings.
/// </summary>
internal sealed class FusedGradient : GraphNode
{
    private readonly FusedLoss _fused;
    private readonly SavedTensor _embeddings;
    private readonly BatchPart _part;
    private readonly ScalarType _dtype;
    private UncentredGradient? _gradient;
    private volatile bool _isLast;

    private FusedGradient(FusedLoss fused, Tensor embeddings, BatchPart part, UncentredGradient gradient)
    {
        (_fused, _part, _dtype, _gradient) = (fused, part, embeddings.dtype, gradient.Kept());
        _embeddings = new SavedTensor(embeddings, this);
    }

    /// <summary>The loss with a graph.</summary>
    /// <param name="embeddings">z, [V, B, D], which needs a gradient, of a dtype that the kernels read.</param>
    /// <param name="part">Which images of all these are.</param>
    /// <param name="fused">Who computes it.</param>
    public static Tensor Record(Tensor embeddings, BatchPart part, FusedLoss fused)
    {
        using var scope = NewDisposeScope();
        var input = HandOver.Before(embeddings);
        var values = embeddings.detach();
        var (loss, gradient) = fused.LossAndUncentredGradient(values, part);
        var node = new FusedGradient(fused, values, part, gradient);

        // Times 1, which torch lets go of before it comes to a node in a backward pass that does not retain the graph: a second pass is
        // then torch's own error, as for every other loss, and this node knows that the first is the last.
        return node.Record(input, loss).mul(WatchedOne.Create(node.LetGo)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override nint Backward(Tensor gradient) => Lend(GradientFor(gradient));

    /// <inheritdoc/>
    protected override void TellOfFailure(Exception exception) => _fused.TellOfFailedGradient(exception);

    /// <inheritdoc/>
    protected override void Release()
    {
        _gradient?.Dispose();
        _embeddings.Release();
    }

    private Tensor GradientFor(Tensor upstream)
    {
        if (is_grad_enabled())
        {
            throw new NotSupportedException(
                $"The fused gradient cannot be differentiated again; set {nameof(ClampLossOptions)}.{nameof(ClampLossOptions.Backend)} "
                + $"to {nameof(ClampBackend.Composite)} for create_graph.");
        }

        var gradient = Interlocked.Exchange(ref _gradient, null) ?? Recomputed();
        var result = _fused.Centred(gradient, upstream, _dtype);
        (result.Handle == gradient.Projected.Handle ? gradient.SumsAndSlope : (IDisposable)gradient).Dispose();
        return result;
    }

    private UncentredGradient Recomputed()
    {
        using var scope = NewDisposeScope();
        var gradient = _fused.LossAndUncentredGradient(_embeddings.Unpack(), _part).Gradient.Kept();
        if (_isLast)
        {
            _embeddings.Release();
        }

        return gradient;
    }

    /// <summary>Torch retains the graph no longer: the embeddings are needed only if the pass that comes has to compute its gradient anew.</summary>
    private void LetGo()
    {
        _isLast = true;
        if (_gradient is not null)
        {
            _embeddings.Release();
        }
    }
}
