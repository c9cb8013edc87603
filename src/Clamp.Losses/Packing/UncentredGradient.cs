using static TorchSharp.torch;

namespace Clamp.Losses.Packing;

/// <summary>What remains to be done to a gradient: (h - mean of h) * dL/dE.</summary>
/// <param name="Projected">h, [V, B, D], float32, contiguous.</param>
/// <param name="SumsAndSlope">The sum of h over the batch of all processes, then dL/dE: [D + 1], float64.</param>
/// <param name="Shape">V, B and D, and how many images all processes have.</param>
internal sealed record UncentredGradient(Tensor Projected, Tensor SumsAndSlope, BatchShape Shape) : IDisposable
{
    /// <summary>The same, which no dispose scope ends.</summary>
    public UncentredGradient Kept()
    {
        Projected.DetachFromDisposeScope();
        SumsAndSlope.DetachFromDisposeScope();
        return this;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Projected.Dispose();
        SumsAndSlope.Dispose();
    }
}
