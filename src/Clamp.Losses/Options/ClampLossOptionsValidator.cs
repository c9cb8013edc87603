using Microsoft.Extensions.Options;

namespace Clamp.Losses;

/// <summary>Checks the ranges of options and, where they come from configuration, that they could be read.</summary>
/// <param name="sections">The sections that the options are read from.</param>
internal sealed class ClampLossOptionsValidator(IEnumerable<ClampLossSection> sections) : IValidateOptions<ClampLossOptions>
{
    // Of lengths: centroids are at most 2 apart, and float32 keeps their distances to about 1e-7. Beyond a reach of 1000 nothing changes
    // but rounding; below one of 0.01 a pair that touches is too close for its overlap to be right.
    public const double LeastScale = 0.01;
    public const double LargestScale = 1000;

    // The force at the edge of contact is 0 in an instant for 1, and lost in float32 well before the edge for large exponents.
    public const double LeastExponent = 1.1;
    public const double LargestExponent = 10;

    // Energies and forces of all pairs of a batch, products with either weight included, stay far from the ends of float32's range.
    public const double LeastWeight = 1e-6;
    public const double LargestWeight = 1e6;

    /// <summary>Rejects options that are out of range.</summary>
    /// <param name="options">The options.</param>
    public static void ThrowIfInvalid(ClampLossOptions options)
    {
        if (Faults(options).Select(fault => $"{fault.Option} {fault.Reason}").ToList() is { Count: > 0 } faults)
        {
            throw new OptionsValidationException(nameof(ClampLossOptions), typeof(ClampLossOptions), faults);
        }
    }

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, ClampLossOptions options)
    {
        var faults = sections.SelectMany(section => section.Faults())
            .Concat(Faults(options).Select(fault => $"{PathOf(fault.Option)} {fault.Reason}"))
            .ToList();
        return faults.Count > 0 ? ValidateOptionsResult.Fail(faults) : ValidateOptionsResult.Success;
    }

    private static IEnumerable<(string Option, string Reason)> Faults(ClampLossOptions options)
    {
        if (options.RadiusScale is not (>= LeastScale and <= LargestScale))
        {
            yield return Fault(nameof(options.RadiusScale), options.RadiusScale, $"from {LeastScale} to {LargestScale}");
        }

        if (options.PotentialExponent is not (>= LeastExponent and <= LargestExponent))
        {
            yield return Fault(nameof(options.PotentialExponent), options.PotentialExponent, $"from {LeastExponent} to {LargestExponent}");
        }

        if (!IsWeight(options.RepulsionWeight))
        {
            yield return Fault(nameof(options.RepulsionWeight), options.RepulsionWeight, $"0, or from {LeastWeight} to {LargestWeight}");
        }

        if (!IsWeight(options.SizeWeight))
        {
            yield return Fault(nameof(options.SizeWeight), options.SizeWeight, $"0, or from {LeastWeight} to {LargestWeight}");
        }

        if (options is { RepulsionWeight: 0, SizeWeight: 0 })
        {
            yield return (nameof(options.RepulsionWeight), $"is 0, and so is {nameof(options.SizeWeight)}; one of them must be above 0.");
        }

        // Negated, so that NaN is a fault.
        if (!(options.MinSeparation >= 0 && options.MinSeparation < options.MaxContactDistance))
        {
            yield return Fault(
                nameof(options.MinSeparation),
                options.MinSeparation,
                $"at least 0 and below {nameof(options.MaxContactDistance)}, which is {options.MaxContactDistance}");
        }

        if (options.MaxContactDistance is not (>= LeastScale and <= LargestScale))
        {
            yield return Fault(nameof(options.MaxContactDistance), options.MaxContactDistance, $"from {LeastScale} to {LargestScale}");
        }

        if (options.Views < 2)
        {
            yield return Fault(nameof(options.Views), options.Views.Value, $"at least 2, or not set");
        }

        if (!Enum.IsDefined(options.Backend))
        {
            yield return Fault(nameof(options.Backend), options.Backend, $"one of {string.Join(", ", Enum.GetNames<ClampBackend>())}");
        }
    }

    private static bool IsWeight(double value) => value is 0 or (>= LeastWeight and <= LargestWeight);

    private static (string Option, string Reason) Fault<T>(string option, T given, FormattableString allowed) =>
        (option, FormattableString.Invariant($"is {given}; it must be {allowed}."));

    private string PathOf(string option) => sections.Select(section => section.PathOf(option)).LastOrDefault(path => path is not null) ?? option;
}
