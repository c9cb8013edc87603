namespace Clamp.Losses.Distributed;

/// <summary>
/// What the members of a group do together; each communicates in its own way. Named as callers write it, because errors show the name.
/// </summary>
internal enum GroupCall
{
    /// <summary>CLAMP.</summary>
    ClampLoss,

    /// <summary>CLAMP and its gradient.</summary>
    LossAndGradient,

    /// <summary>The geometry.</summary>
    Measure,

    /// <summary>NT-Xent.</summary>
    NtXentLoss,

    /// <summary>Barlow Twins.</summary>
    BarlowTwinsLoss,

    /// <summary>VICReg.</summary>
    VicRegLoss,

    /// <summary>MMCR.</summary>
    MmcrLoss,

    /// <summary>Alignment and uniformity.</summary>
    AlignmentUniformityLoss,
}
