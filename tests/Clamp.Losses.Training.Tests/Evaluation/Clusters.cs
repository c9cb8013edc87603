using static TorchSharp.torch;

namespace Clamp.Losses.Training.Tests;

/// <summary>Features of three classes, as many of each, in the current dispose scope.</summary>
internal static class Clusters
{
    public const int Classes = 3;

    /// <summary>Around the three axes.</summary>
    public static FeatureSet Around(double noise, long count, ulong seed)
    {
        using var generator = new Generator(seed);
        var labels = arange(count) % Classes;
        return new FeatureSet(eye(Classes).index_select(0, labels) + noise * randn(count, Classes, generator: generator), labels);
    }

    /// <summary>Features that tell nothing.</summary>
    public static FeatureSet Noise(long count, ulong seed)
    {
        using var generator = new Generator(seed);
        return new FeatureSet(randn(count, Classes, generator: generator), arange(count) % Classes);
    }
}
