using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// Brings each feature to mean 0 and standard deviation 1 over a set. It is applied to one batch after the other: a large set's features
/// are never there twice.
/// </summary>
/// <param name="Shift">[F], subtracted.</param>
/// <param name="Scale">[F], divided by.</param>
internal sealed record Standardisation(Tensor Shift, Tensor Scale)
{
    private const double SmallestScale = 1e-6;

    /// <summary>The standardisation of a set.</summary>
    /// <param name="features">[N, F].</param>
    public static Standardisation Of(Tensor features) => new(features.mean([0]), features.std(0).clamp_min(KeptScalars.Of(SmallestScale)));

    /// <summary>Leaves features as they are.</summary>
    /// <param name="features">[N, F].</param>
    public static Standardisation None(Tensor features) => new(zeros_like(features[0]), ones_like(features[0]));

    /// <summary>Standardises features.</summary>
    /// <param name="features">[n, F]; they stay as they are.</param>
    /// <returns>[n, F], a new tensor.</returns>
    public Tensor Apply(Tensor features) => (features - Shift).div_(Scale);
}
