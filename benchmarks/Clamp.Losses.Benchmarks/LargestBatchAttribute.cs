using System.Reflection;
using BenchmarkDotNet.Filters;
using BenchmarkDotNet.Running;

namespace Clamp.Losses.Benchmarks;

/// <summary>Up to which B a benchmark's memory fits into a common machine.</summary>
/// <param name="images">B.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LargestBatchAttribute(int images) : Attribute
{
    public int Images => images;

    /// <summary>Leaves out the cases beyond.</summary>
    internal static IFilter Filter { get; } = new SimpleFilter(Fits);

    private static bool Fits(BenchmarkCase benchmarkCase)
    {
        var largest = benchmarkCase.Descriptor.WorkloadMethod.GetCustomAttribute<LargestBatchAttribute>();
        return largest is null || (int)benchmarkCase.Parameters[nameof(BatchScaling.Images)] <= largest.Images;
    }
}
