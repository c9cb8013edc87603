using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Analysis;

/// <summary>A point in the plane for each image.</summary>
/// <param name="X">To the right.</param>
/// <param name="Y">Upwards.</param>
internal sealed record PlaneMap(double[] X, double[] Y)
{
    /// <summary>Takes the points from a tensor.</summary>
    /// <param name="points">[N, 2], float64 on the processor.</param>
    public static PlaneMap Of(Tensor points)
    {
        using var scope = NewDisposeScope();
        return new PlaneMap([.. points.select(1, 0).contiguous().data<double>()], [.. points.select(1, 1).contiguous().data<double>()]);
    }
}
