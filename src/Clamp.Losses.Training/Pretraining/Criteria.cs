using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>Makes the loss of a run.</summary>
public static class Criteria
{
    /// <summary>A loss of embeddings [V, B, D]; those that CLAMP is compared with have their papers' parameters.</summary>
    /// <param name="options">Valid options.</param>
    /// <returns>The loss; the caller disposes it.</returns>
    public static nn.Module<Tensor, Tensor> Create(PretrainOptions options) => Create(options, SingleProcessGroup.Instance);

    /// <summary>A loss of the embeddings of all processes, of which each passes its own.</summary>
    /// <param name="options">Valid options.</param>
    /// <param name="group">The processes.</param>
    /// <returns>The loss; the caller disposes it.</returns>
    public static nn.Module<Tensor, Tensor> Create(PretrainOptions options, IProcessGroup group)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(group);
        return options.Loss switch
        {
            LossKind.Clamp => new ClampLoss(options.Clamp, group),
            LossKind.NtXent => new NtXentLoss(processGroup: group),
            LossKind.VicReg => new VicRegLoss(processGroup: group),
            LossKind.BarlowTwins => new BarlowTwinsLoss(processGroup: group),
            LossKind.Mmcr => new MmcrLoss(processGroup: group),
            LossKind.AlignmentUniformity => new AlignmentUniformityLoss(processGroup: group),
            _ => throw new ArgumentOutOfRangeException(nameof(options), options.Loss, "Unknown loss."),
        };
    }
}
