using System.Collections.Concurrent;
using TorchSharp;

namespace Clamp.Losses.Tensors;

/// <summary>
/// Numbers as torch operations take them. TorchSharp 0.107 lets the garbage collector free such a number while native code still reads it
/// ("Unknown scalar type", or a wrong number), so constants live here as long as the process. A number that changes from step to step is
/// held by a <c>using</c> instead.
/// </summary>
internal static class KeptScalars
{
    private static readonly ConcurrentDictionary<double, Scalar> Kept = new();
    private static readonly ConcurrentDictionary<long, Scalar> KeptIntegers = new();

    /// <summary>
    /// 1, and the factor of every sum: TorchSharp's <c>add</c>, <c>add_</c> and <c>+</c> without a factor make a number 1 that nobody keeps.
    /// Differences, products and quotients of tensors make none, while <c>1 - x</c>, <c>arange(n)</c> and <c>square</c> do.
    /// </summary>
    public static Scalar One { get; } = 1L;

    /// <summary>A constant.</summary>
    /// <param name="value">The number.</param>
    public static Scalar Of(double value) => Kept.GetOrAdd(value, static number => number);

    /// <summary>A constant that operations on whole numbers take.</summary>
    /// <param name="value">The number.</param>
    public static Scalar Of(long value) => KeptIntegers.GetOrAdd(value, static number => number);
}
