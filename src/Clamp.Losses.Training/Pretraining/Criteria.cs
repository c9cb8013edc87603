using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>Makes the loss of a run.</summary>
public static class Criteria
{
    /// <summary>A loss of embeddings [V, B, D]; those that CLAMP is compared with have their papers' parameters.</summary>
    /// <param name="options">Valid options.</param>
    /// <returns>The loss; the caller disposes it.</returns>
    public static nn.Module<Tensor, Tensor> Create(PretrainOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Loss switch
        {
            LossKind.Clamp => new ClampLoss(options.Clamp),
            LossKind.NtXent => new NtXentLoss(),
            LossKind.VicReg => new VicRegLoss(),
            LossKind.BarlowTwins => new BarlowTwinsLoss(),
            LossKind.Mmcr => new MmcrLoss(),
            LossKind.AlignmentUniformity => new AlignmentUniformityLoss(),
            _ => throw new ArgumentOutOfRangeException(nameof(options), options.Loss, "Unknown loss."),
        };
    }
}
