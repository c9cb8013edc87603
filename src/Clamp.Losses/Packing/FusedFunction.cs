using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using static TorchSharp.torch;

namespace Clamp.Losses.Packing;

/// <summary>
/// The fused loss as a node of the autograd graph. Forward computes the gradient but for its centring, which backward does where it
/// lies, together with the scaling by the incoming gradient: one pass over memory less, and one tensor. A second backward through the
/// same graph finds it spent, and computes it anew.
/// </summary>
internal sealed class FusedFunction : autograd.SingleTensorFunction<FusedFunction>
{
    private const string Spent = "spent";
    private const string Pool = "pool";

    /// <inheritdoc/>
    public override string Name => nameof(FusedFunction);

    /// <summary>The loss of embeddings that need a gradient.</summary>
    /// <param name="embeddings">z, [V, B, D], of a dtype that the kernels read.</param>
    /// <param name="pool">Who computes it.</param>
    public static Tensor Of(Tensor embeddings, FusedPackingPool pool)
    {
        // The gradient comes back through this view as a tensor that autograd alone holds, which a leaf can keep without a copy.
        using var view = embeddings.view(embeddings.shape);
        return apply(view, pool);
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (embeddings, pool) = ((Tensor)vars[0], (FusedPackingPool)vars[1]);
        var (loss, gradient) = pool.Use(embeddings.device, packing => packing.LossAndGradient(embeddings));
        ctx.save_for_backward([embeddings, gradient.Projected, gradient.Sums, gradient.Slope]);
        ctx.save_data(Spent, new StrongBox<bool>());
        ctx.save_data(Pool, pool);
        return loss;
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var pool = (FusedPackingPool)ctx.get_data(Pool);
        try
        {
            return [Gradient(ctx, pool, grad_output), null!];
        }
#pragma warning disable CA1031 // An exception that leaves here ends the process: the next call of the loss throws it instead.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            pool.Failure = ExceptionDispatchInfo.Capture(exception);
            return [null!, null!];
        }
    }

    private static Tensor Gradient(autograd.AutogradContext ctx, FusedPackingPool pool, Tensor upstream)
    {
        if (is_grad_enabled())
        {
            throw new NotSupportedException(
                $"The fused gradient cannot be differentiated again; set {nameof(ClampLossOptions)}.{nameof(ClampLossOptions.Backend)} "
                + $"to {nameof(ClampBackend.Composite)} for create_graph.");
        }

        // Nobody else disposes the incoming gradient.
        using var incoming = upstream;
        using var scope = NewDisposeScope();
        var saved = ctx.get_saved_variables();
        var spent = (StrongBox<bool>)ctx.get_data(Spent);
        var gradient = pool.Use(saved[0].device, packing => packing.Centre(
            spent.Value ? packing.LossAndGradient(saved[0]).Gradient : new FusedPacking.UncentredGradient(saved[1], saved[2], saved[3]),
            incoming,
            saved[0].dtype));
        spent.Value = true;

        // The same memory, but not the tensor whose changes a later backward through this graph would take for a mistake.
        return pool.HoldUntilNextUse(empty([0], gradient.dtype, gradient.device).set_(gradient));
    }
}
