using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>Frozen features of labelled images.</summary>
/// <param name="Features">[N, F], float32.</param>
/// <param name="Labels">[N], int64.</param>
public sealed record FeatureSet(Tensor Features, Tensor Labels) : IDisposable
{
    /// <summary>N, the number of images.</summary>
    public long Count => Features.shape[0];

    /// <inheritdoc/>
    public void Dispose()
    {
        Features.Dispose();
        Labels.Dispose();
    }

    /// <summary>The images at some places.</summary>
    /// <param name="indices">[n], int64.</param>
    /// <returns>A new set; the caller owns it.</returns>
    public FeatureSet At(Tensor indices) => new(Features.index_select(0, indices), Labels.index_select(0, indices));
}
