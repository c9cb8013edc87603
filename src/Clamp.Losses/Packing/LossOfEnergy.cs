namespace Clamp.Losses.Packing;

/// <summary>L = log(E + 1e-6), or E.</summary>
internal static class LossOfEnergy
{
    /// <summary>L.</summary>
    /// <param name="energy">E.</param>
    /// <param name="options">Valid options.</param>
    public static double Of(double energy, ClampLossOptions options) => options.LogEnergy ? Math.Log(energy + Floors.Energy) : energy;

    /// <summary>dL/dE.</summary>
    /// <param name="energy">E.</param>
    /// <param name="options">Valid options.</param>
    public static double Slope(double energy, ClampLossOptions options) => options.LogEnergy ? 1 / (energy + Floors.Energy) : 1;
}
