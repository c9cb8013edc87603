namespace Clamp.Losses;

/// <summary>What state a packing is in; the loss alone cannot tell <see cref="Collapsed"/> from <see cref="Separated"/>.</summary>
public enum PackingVerdict
{
    /// <summary>The embeddings hold NaN or infinity: nothing can be said.</summary>
    Undefined,

    /// <summary>
    /// Different images share one place: at least a quarter of the pairs of centroids coincide, or the embeddings differ by less than
    /// 1e-5 of their size (or 4 units in the last place of their dtype, if that is more). The loss may be low; nothing is learned.
    /// </summary>
    Collapsed,

    /// <summary>
    /// Some sub-manifolds overlap, with fewer contacts than hold a packing: the loss still pushes them apart, and there is room.
    /// </summary>
    InContact,

    /// <summary>No two sub-manifolds overlap and they lie apart: the packing is solved for this batch.</summary>
    Separated,

    /// <summary>
    /// The sub-manifolds that overlap have, in the mean, at least <see cref="SubManifoldGeometry.IsostaticContacts"/> contacts, so many that
    /// none need be free to move away: they must shrink.
    /// </summary>
    Jammed,

    /// <summary>
    /// Images lie apart, but in hardly any directions: there could be 3 or more, and <see cref="SubManifoldGeometry.ParticipationRatio"/> is
    /// below 1.5 or a hundredth of them. Overlaps may exist or not.
    /// </summary>
    DimensionallyCollapsed,
}
