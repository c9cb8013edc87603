namespace Clamp.Losses.Distributed;

/// <summary>What the members of a group do together; each kind communicates in its own way.</summary>
internal enum GroupCall
{
    /// <summary>The loss, without a graph.</summary>
    Loss,

    /// <summary>The loss, to be back-propagated.</summary>
    LossWithGraph,

    /// <summary>The loss and its gradient.</summary>
    LossAndGradient,

    /// <summary>The geometry.</summary>
    Measure,
}
