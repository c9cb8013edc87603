namespace Clamp.Losses.Packing;

/// <summary>The interaction of two sub-manifolds and of one with itself.</summary>
/// <param name="RadiusScale">r_s.</param>
/// <param name="Exponent">alpha.</param>
/// <param name="RepulsionWeight">w_rep.</param>
/// <param name="SizeWeight">w_size.</param>
/// <param name="MinSeparation">d_min.</param>
/// <param name="MaxContactDistance">d_max.</param>
internal readonly record struct PairPotential(
    double RadiusScale, double Exponent, double RepulsionWeight, double SizeWeight, double MinSeparation, double MaxContactDistance)
{
    /// <summary>The interaction that options describe.</summary>
    /// <param name="options">Valid options.</param>
    public static PairPotential Of(ClampLossOptions options) => new(
        options.RadiusScale,
        options.PotentialExponent,
        options.RepulsionWeight,
        options.SizeWeight,
        options.MinSeparation,
        options.MaxContactDistance);
}
