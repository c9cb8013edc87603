using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Distributed;

/// <summary>
/// A group whose results no dispose scope of the caller holds, as those of a group that communicates on a thread of its own: whoever
/// called must keep them while they are needed, and dispose them.
/// </summary>
internal sealed class DetachingGroup(IProcessGroup group) : IProcessGroup
{
    /// <summary>What it has gathered, without keeping it alive.</summary>
    public List<WeakReference<Tensor>> Gathered { get; } = [];

    public int Rank => group.Rank;

    public int WorldSize => group.WorldSize;

    /// <summary>Those that somebody keeps and has not disposed.</summary>
    public int Alive => Gathered.Count(gathered => gathered.TryGetTarget(out var tensor) && !tensor.IsInvalid);

    public Tensor AllGather(Tensor local)
    {
        var gathered = group.AllGather(local).DetachFromDisposeScope();
        Gathered.Add(new(gathered));
        return gathered;
    }

    public void AllReduceSum(Tensor tensor) => group.AllReduceSum(tensor);

    public void Broadcast(Tensor tensor, int root) => group.Broadcast(tensor, root);

    public void Barrier() => group.Barrier();
}
