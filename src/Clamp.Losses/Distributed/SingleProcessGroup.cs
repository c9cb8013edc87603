using TorchSharp;

namespace Clamp.Losses;

/// <summary>The group of one process, the default: every collective operation leaves its tensor as it is.</summary>
public sealed class SingleProcessGroup : IProcessGroup
{
    private SingleProcessGroup()
    {
    }

    /// <summary>The one instance; it has no state.</summary>
    public static SingleProcessGroup Instance { get; } = new();

    /// <inheritdoc/>
    public int Rank => 0;

    /// <inheritdoc/>
    public int WorldSize => 1;

    /// <inheritdoc/>
    public torch.Tensor AllGather(torch.Tensor local)
    {
        ArgumentNullException.ThrowIfNull(local);
        return local.detach().clone();
    }

    /// <inheritdoc/>
    public void AllReduceSum(torch.Tensor tensor) => ArgumentNullException.ThrowIfNull(tensor);

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="root"/> is not 0.</exception>
    public void Broadcast(torch.Tensor tensor, int root)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (root != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(root), root, "A group of one process has no rank but 0.");
        }
    }

    /// <inheritdoc/>
    public void Barrier()
    {
    }
}
