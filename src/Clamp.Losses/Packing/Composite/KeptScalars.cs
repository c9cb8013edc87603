using System.Collections.Concurrent;
using TorchSharp;

namespace Clamp.Losses.Packing.Composite;

/// <summary>
/// Numbers as torch operations take them. TorchSharp 0.107 lets the garbage collector free such a number while native code still reads it
/// ("Unknown scalar type", or a wrong number), so these live as long as the process: some for each set of options.
/// </summary>
internal static class KeptScalars
{
    private static readonly ConcurrentDictionary<double, Scalar> Kept = new();

    /// <summary>
    /// 1, and the factor of every sum: TorchSharp's <c>add</c> and <c>+</c> without a factor make a number 1 that nobody keeps, and so do
    /// <c>1 - x</c> and <c>square</c>.
    /// </summary>
    public static Scalar One { get; } = 1L;

    /// <summary>A number.</summary>
    /// <param name="value">The number.</param>
    public static Scalar Of(double value) => Kept.GetOrAdd(value, static number => number);
}
