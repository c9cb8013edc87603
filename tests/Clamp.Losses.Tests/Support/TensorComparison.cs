using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Support;

internal static class TensorComparison
{
    /// <summary>||a - b|| / ||b||, or ||a|| where b is zero.</summary>
    public static double RelativeDistanceTo(this Tensor actual, Tensor expected)
    {
        var reference = expected.to(float64);
        var scale = reference.norm().item<double>();
        return (actual.to(float64) - reference).norm().item<double>() / (scale == 0 ? 1 : scale);
    }

    /// <summary>|a - b|, relative to b where |b| is above 1.</summary>
    public static double DistanceTo(this double actual, double expected) => Math.Abs(actual - expected) / Math.Max(1, Math.Abs(expected));

    public static double Value(this Tensor scalar) => scalar.to(float64).item<double>();

    public static byte[] BitPattern(this Tensor tensor) => tensor.contiguous().bytes.ToArray();
}
