namespace Clamp.Losses.GpuCheck;

/// <summary>How far the kernels were from float64.</summary>
/// <param name="Loss">What float64 gives.</param>
/// <param name="LossError">Of the loss, relative to it where it is above 1.</param>
/// <param name="GradientError">Of the gradient, the norm of the difference relative to the norm.</param>
/// <param name="GradientTolerance">What that error may be.</param>
internal sealed record CheckResult(double Loss, double LossError, double GradientError, double GradientTolerance)
{
    /// <summary>What the error of the loss may be: it is rounded to float32, after sums of float32 numbers.</summary>
    public const double LossTolerance = 1e-5;

    /// <summary>Whether both errors are numbers within their tolerances.</summary>
    public bool Passed => LossError <= LossTolerance && GradientError <= GradientTolerance;
}
