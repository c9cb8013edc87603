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

    /// <summary>A number.</summary>
    /// <param name="value">The number.</param>
    public static Scalar Of(double value) => Kept.GetOrAdd(value, static number => number);
}
