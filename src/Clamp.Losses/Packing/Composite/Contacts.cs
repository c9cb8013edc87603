using Clamp.Losses.Tensors;
using static TorchSharp.torch;

namespace Clamp.Losses.Packing.Composite;

/// <summary>The pairs of sub-manifolds that overlap: some images i with all images j.</summary>
/// <param name="Distances">d, [B, all].</param>
/// <param name="Reaches">s, [B, all].</param>
/// <param name="Touching">Whether i and j are in contact, [B, all], for i &lt; j alone.</param>
internal sealed record Contacts(Tensor Distances, Tensor Reaches, Tensor Touching)
{
    /// <summary>Finds the pairs i &lt; j with d_min &lt; d_ij &lt; s_ij.</summary>
    /// <param name="subManifolds">The images i.</param>
    /// <param name="options">For d_min and d_max.</param>
    public static Contacts Of(SubManifolds subManifolds, ClampLossOptions options)
    {
        var distances = subManifolds.Distances();
        var reaches = subManifolds.Reaches(options.MaxContactDistance);

        // Negated comparisons: a NaN distance counts as a contact, so that it reaches the loss.
        var apart = (distances <= KeptScalars.Of(options.MinSeparation)).logical_or(distances >= reaches);
        return new Contacts(distances, reaches, apart.logical_not().triu(1 + subManifolds.FirstImage));
    }

    /// <summary>u_ij = 1 - d_ij / s_ij of each contact, a vector as long as there are contacts.</summary>
    public Tensor Overlaps() => (OfEach(Distances) / OfEach(Reaches)).neg().add(KeptScalars.One, KeptScalars.One);

    /// <summary>The values of a [B, all] tensor at the contacts.</summary>
    /// <param name="pairs">The values of all pairs.</param>
    public Tensor OfEach(Tensor pairs) => pairs.masked_select(Touching);
}
