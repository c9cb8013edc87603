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

    /// <summary>Some sub-manifolds overlap: the loss still pushes them apart.</summary>
    InContact,

    /// <summary>No two sub-manifolds overlap and they lie apart: the packing is solved for this batch.</summary>
    Separated,
}
