using Clamp.Losses.Autograd;
using static TorchSharp.torch;

namespace Clamp.Losses.Distributed;

/// <summary>
/// Collective operations in a graph, for losses that every member computes the same number of. Gradients are those of that one number,
/// not of a sum of as many as there are members: with them, parameter gradients that are summed over the members are those of one
/// process with the whole batch.
/// </summary>
internal sealed class Collective : GraphNode
{
    private readonly Func<Tensor, nint> _backward;

    private Collective(Func<Tensor, nint> backward) => _backward = backward;

    /// <summary>
    /// Parts that the members have computed, added up. All members go on alike, so that the gradient of the sum is already that of each
    /// part.
    /// </summary>
    /// <param name="part">The same shape on every member.</param>
    /// <param name="group">The members.</param>
    public static Tensor Sum(Tensor part, IProcessGroup group)
    {
        if (group.WorldSize == 1)
        {
            return part;
        }

        var sum = part.detach().clone();
        group.AllReduceSum(sum);
        return Recorded(part, sum, Borrow);
    }

    /// <summary>
    /// What is the same on all members, each of which goes on to compute a part with it: the gradients of the parts are added up.
    /// </summary>
    /// <param name="same">The tensor.</param>
    /// <param name="group">The members.</param>
    public static Tensor Share(Tensor same, IProcessGroup group) => group.WorldSize == 1
        ? same
        : Recorded(same, same.detach(), gradient =>
        {
            var sum = gradient.contiguous().clone();
            group.AllReduceSum(sum);
            return Lend(sum);
        });

    /// <summary>The members' tensors one after another along the first dimension. All go on alike, each with its own part of the gradient.</summary>
    /// <param name="own">The first dimension may differ between members.</param>
    /// <param name="group">The members.</param>
    /// <param name="first">Where this member's tensor begins.</param>
    public static Tensor Gather(Tensor own, IProcessGroup group, long first)
    {
        if (group.WorldSize == 1)
        {
            return own;
        }

        // What the group gives need not be in a dispose scope; a view of it is.
        var count = own.shape[0];
        using var gathered = group.AllGather(own.detach().contiguous());
        return Recorded(own, gathered.detach(), gradient => Lend(gradient.narrow(0, first, count)));
    }

    /// <inheritdoc/>
    protected override nint Backward(Tensor gradient) => is_grad_enabled()
        ? throw new NotSupportedException("A loss over a process group cannot be differentiated twice (create_graph).")
        : _backward(gradient);

    private static Tensor Recorded(Tensor input, Tensor output, Func<Tensor, nint> backward)
    {
        if (!input.requires_grad || !is_grad_enabled())
        {
            return output;
        }

        using var handedOver = HandOver.Before(input);
        return new Collective(backward).Record(handedOver, output);
    }
}
