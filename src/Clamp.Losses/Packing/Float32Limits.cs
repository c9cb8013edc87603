namespace Clamp.Losses.Packing;

/// <summary>Where float32 no longer serves and fused kernels, of the CPU or of a GPU, go another way.</summary>
internal static class Float32Limits
{
    /// <summary>From here on squares lose nothing to underflow, and the norm lies above its floor.</summary>
    public const float LeastSquaredNorm = 1e-20f;

    /// <summary>Up to here squares do not overflow.</summary>
    public const float LargestSquaredNorm = 1e30f;

    /// <summary>Below this T, deviations p - c from float32 points would be wrong by more than a few 1e-6.</summary>
    public const double LeastSpread = 4e-4;

    /// <summary>Below this fraction of norm(c_i)^2 + norm(c_j)^2, d^2 from the Gram matrix would be wrong by more than about 5e-6.</summary>
    public const float CloseFraction = 1f / 16;
}
