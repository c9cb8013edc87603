namespace Clamp.Losses.Benchmarks;

/// <summary>What a benchmark cannot do without.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class KernelWorkAttribute : Attribute
{
    /// <summary>Bytes read and written, each as often as the algorithm must.</summary>
    public double Bytes { get; init; }

    /// <summary>Floating-point operations, a multiplication and an addition being two.</summary>
    public double Flops { get; init; }

    /// <summary>Another benchmark whose work is timed along, and taken off.</summary>
    public string? Beside { get; init; }
}
