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
    /// <exception cref="InvalidOptionsException">The loss is one of a single process.</exception>
    public static nn.Module<Tensor, Tensor> Create(PretrainOptions options, IProcessGroup group)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(group);
        OptionRules.Check((group.WorldSize > 1 && options.Loss != LossKind.Clamp, nameof(options.Loss), options.Loss, "Clamp with several processes"));
        return options.Loss switch
        {
            LossKind.Clamp => new ClampLoss(options.Clamp, group),
            LossKind.NtXent => new NtXentLoss(),
            LossKind.VicReg => new VicRegLoss(),
            LossKind.BarlowTwins => new BarlowTwinsLoss(),
            LossKind.Mmcr => new MmcrLoss(),
            LossKind.AlignmentUniformity => new AlignmentUniformityLoss(),
            _ => throw new ArgumentOutOfRangeException(nameof(options), options.Loss, "Unknown loss."),
        };
    }
}
