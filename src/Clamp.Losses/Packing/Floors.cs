namespace Clamp.Losses.Packing;

/// <summary>The small constants of the published loss that keep roots, quotients and the logarithm finite; every backend uses them.</summary>
internal static class Floors
{
    /// <summary>The least norm that a centred embedding is divided by.</summary>
    public const double Norm = 1e-12;

    /// <summary>Added under the root of the radius.</summary>
    public const double SquaredRadius = 1e-12;

    /// <summary>Added under the root of the distance.</summary>
    public const double SquaredDistance = 1e-12;

    /// <summary>Added to the sum of two radii.</summary>
    public const double Reach = 1e-6;

    /// <summary>Added to the energy under the logarithm.</summary>
    public const double Energy = 1e-6;
}
