namespace Clamp.Losses.Training;

/// <summary>The losses that can train an encoder.</summary>
public enum LossKind
{
    /// <summary><see cref="ClampLoss"/>.</summary>
    Clamp,

    /// <summary><see cref="NtXentLoss"/>, SimCLR's.</summary>
    NtXent,

    /// <summary><see cref="VicRegLoss"/>.</summary>
    VicReg,

    /// <summary><see cref="BarlowTwinsLoss"/>.</summary>
    BarlowTwins,

    /// <summary><see cref="MmcrLoss"/>.</summary>
    Mmcr,

    /// <summary><see cref="AlignmentUniformityLoss"/>.</summary>
    AlignmentUniformity,
}
