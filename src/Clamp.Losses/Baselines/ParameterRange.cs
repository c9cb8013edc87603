using System.Runtime.CompilerServices;

namespace Clamp.Losses.Baselines;

/// <summary>Checks a loss's numbers as they come in, naming the parameter, what was given and what is allowed.</summary>
internal static class ParameterRange
{
    /// <summary>The value, when it is finite and above 0.</summary>
    /// <param name="value">The value.</param>
    /// <param name="parameter">Its name.</param>
    public static double Positive(double value, [CallerArgumentExpression(nameof(value))] string parameter = "") =>
        value > 0 && double.IsFinite(value) ? value : throw OutOfRange(value, parameter, "above 0");

    /// <summary>The value, when it is finite and at least <paramref name="least"/>.</summary>
    /// <param name="least">The least that is allowed.</param>
    /// <param name="value">The value.</param>
    /// <param name="parameter">Its name.</param>
    public static double AtLeast(double least, double value, [CallerArgumentExpression(nameof(value))] string parameter = "") =>
        value >= least && double.IsFinite(value) ? value : throw OutOfRange(value, parameter, FormattableString.Invariant($"at least {least}"));

    private static ArgumentOutOfRangeException OutOfRange(double value, string parameter, string allowed) =>
        new(parameter, value, FormattableString.Invariant($"{parameter} is {value}; it must be finite and {allowed}."));
}
