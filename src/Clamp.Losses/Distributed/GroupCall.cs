namespace Clamp.Losses.Distributed;

/// <summary>
/// What the members of a group do together; each communicates in its own way. Errors show the names.
/// </summary>
internal enum GroupCall
{
    /// <summary>CLAMP.</summary>
    Clamp,

    /// <summary>CLAMP and its gradient.</summary>
    LossAndGradient,

    /// <summary>The geometry.</summary>
    Measure,

    /// <summary>NT-Xent.</summary>
    NtXent,

    /// <summary>Barlow Twins.</summary>
    BarlowTwins,

    /// <summary>VICReg.</summary>
    VicReg,

    /// <summary>MMCR.</summary>
    Mmcr,

    /// <summary>Alignment and uniformity.</summary>
    AlignmentUniformity,
}
