using Clamp.Losses.Packing.Autograd;
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
    private readonly ScalarType _dtype;
    private readonly long[] _shape;
    private UncentredGradient? _gradient;

    private FusedGradient(FusedLoss fused, Tensor embeddings, UncentredGradient gradient)
    {
        (_fused, _dtype, _shape, _gradient) = (fused, embeddings.dtype, embeddings.shape, gradient.Kept());
        _embeddings = new SavedTensor(embeddings, this);
    }

    /// <summary>The loss with a graph.</summary>
    /// <param name="embeddings">z, [V, B, D], which needs a gradient, of a dtype that the kernels read.</param>
    /// <param name="fused">Who computes it.</param>
    public static Tensor Record(Tensor embeddings, FusedLoss fused)
    {
        using var scope = NewDisposeScope();
        var input = HandOver.Before(embeddings);
        var values = embeddings.detach();
        var (loss, gradient) = fused.LossAndUncentredGradient(values);
        var recorded = new FusedGradient(fused, values, gradient).Record(input, loss);

        // The product of one number is that number, but its node lets go of it after a backward pass that does not retain the graph:
        // a second pass is then torch's own error, as for every other loss.
        return recorded.prod().MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override nint Backward(Tensor gradient)
    {
        using var scope = NewDisposeScope();
#pragma warning disable CA1031 // An exception that leaves here ends the process: the gradient is NaN instead, and why is said at once.
        try
        {
            return Lend(GradientFor(gradient));
        }
        catch (Exception exception)
        {
            _fused.TellOfFailedGradient(exception);
            return Lend(tensor(float.NaN, _dtype, gradient.device).expand(_shape));
        }
#pragma warning restore CA1031
    }

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

        var gradient = Interlocked.Exchange(ref _gradient, null) ?? _fused.LossAndUncentredGradient(_embeddings.Unpack()).Gradient;
        var result = _fused.Centred(gradient, upstream, _dtype);
        (result.Handle == gradient.Projected.Handle ? gradient.SumsAndSlope : (IDisposable)gradient).Dispose();
        return result;
    }
}
