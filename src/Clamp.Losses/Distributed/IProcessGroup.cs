using TorchSharp;

namespace Clamp.Losses;

/// <summary>
/// The few collective operations of a group of training processes. Every member must call them in the same order, from one thread at a
/// time; a member that does not call leaves the others waiting.
/// </summary>
public interface IProcessGroup
{
    /// <summary>This process's number, from 0 to <see cref="WorldSize"/> - 1.</summary>
    int Rank { get; }

    /// <summary>The number of processes; at least 1.</summary>
    int WorldSize { get; }

    /// <summary>Concatenates every member's tensor along the first dimension, in rank order.</summary>
    /// <param name="local">
    /// This member's tensor, of at least one dimension. The first dimension may differ between members, and be 0; the others, the dtype
    /// and the kind of device may not.
    /// </param>
    /// <returns>A new tensor, without a graph, on this member's device; the caller owns it.</returns>
    torch.Tensor AllGather(torch.Tensor local);

    /// <summary>Replaces the tensor, in place, by the sum over all members, which is the same to the last bit on each of them.</summary>
    /// <param name="tensor">The tensor to sum, contiguous; the same shape and dtype on every member.</param>
    void AllReduceSum(torch.Tensor tensor);

    /// <summary>Replaces the tensor, in place, by that of one member.</summary>
    /// <param name="tensor">The tensor to send or receive, contiguous; the same shape and dtype on every member.</param>
    /// <param name="root">The rank that sends.</param>
    void Broadcast(torch.Tensor tensor, int root);

    /// <summary>Returns once every member has called it.</summary>
    void Barrier();
}
