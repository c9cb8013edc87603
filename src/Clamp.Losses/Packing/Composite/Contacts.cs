using static TorchSharp.torch;

namespace Clamp.Losses.Packing.Composite;

/// <summary>The pairs of sub-manifolds that overlap.</summary>
/// <param name="Distances">d, [B, B].</param>
/// <param name="Reaches">s, [B, B].</param>
/// <param name="Touching">Whether i and j are in contact, [B, B], for i &lt; j alone.</param>
internal sealed record Contacts(Tensor Distances, Tensor Reaches, Tensor Touching)
{
    /// <summary>Finds the pairs i &lt; j with d_min &lt; d_ij &lt; s_ij.</summary>
    /// <param name="subManifolds">The batch.</param>
    /// <param name="options">For d_min and d_max.</param>
    public static Contacts Of(SubManifolds subManifolds, ClampLossOptions options)
    {
        var distances = subManifolds.Distances();
        var reaches = subManifolds.Reaches(options.MaxContactDistance);

        // Negated comparisons: a NaN distance counts as a contact, so that it reaches the loss.
        var apart = (distances <= KeptScalars.Of(options.MinSeparation)).logical_or(distances >= reaches);
        return new Contacts(distances, reaches, apart.logical_not().triu(1));
    }

    /// <summary>u_ij = 1 - d_ij / s_ij of each contact, a vector as long as there are contacts.</summary>
    public Tensor Overlaps() => (OfEach(Distances) / OfEach(Reaches)).neg().add(KeptScalars.One, KeptScalars.One);

    /// <summary>How many others each sub-manifold touches, [B], int64.</summary>
    public Tensor Counts()
    {
        var touching = Touching.to(int64);
        return touching.sum([0]).add(touching.sum([1]), KeptScalars.One);
    }

    /// <summary>The values of a [B, B] tensor at the contacts.</summary>
    /// <param name="pairs">The values of all pairs.</param>
    public Tensor OfEach(Tensor pairs) => pairs.masked_select(Touching);
}
