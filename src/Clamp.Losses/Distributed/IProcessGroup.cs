using TorchSharp;

namespace Clamp.Losses;

/// <summary>The few collective operations of a group of training processes; every member must call them in the same order.</summary>
public interface IProcessGroup
{
    /// <summary>This process's number, from 0 to <see cref="WorldSize"/> - 1.</summary>
    int Rank { get; }

    /// <summary>The number of processes; at least 1.</summary>
    int WorldSize { get; }

    /// <summary>Concatenates every member's tensor along the first dimension, in rank order.</summary>
    /// <param name="local">This member's tensor; the same shape and dtype on every member.</param>
    /// <returns>A new tensor whose first dimension is <see cref="WorldSize"/> times that of <paramref name="local"/>.</returns>
    torch.Tensor AllGather(torch.Tensor local);

    /// <summary>Replaces the tensor, in place, by the sum over all members.</summary>
    /// <param name="tensor">The tensor to sum; the same shape and dtype on every member.</param>
    void AllReduceSum(torch.Tensor tensor);

    /// <summary>Replaces the tensor, in place, by that of one member.</summary>
    /// <param name="tensor">The tensor to send or receive; the same shape and dtype on every member.</param>
    /// <param name="root">The rank that sends.</param>
    void Broadcast(torch.Tensor tensor, int root);

    /// <summary>Returns once every member has called it.</summary>
    void Barrier();
}
