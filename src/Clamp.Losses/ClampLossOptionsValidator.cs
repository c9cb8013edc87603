using Microsoft.Extensions.Options;

namespace Clamp.Losses;

/// <summary>Checks the ranges of options and, where they come from configuration, that they could be read.</summary>
/// <param name="sections">The sections that the options are read from.</param>
internal sealed class ClampLossOptionsValidator(IEnumerable<ClampLossSection> sections) : IValidateOptions<ClampLossOptions>
{
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
        if (!IsPositive(options.RadiusScale))
        {
            yield return Fault(nameof(options.RadiusScale), options.RadiusScale, "a finite number above 0");
        }

        if (!double.IsFinite(options.PotentialExponent) || options.PotentialExponent <= 1)
        {
            yield return Fault(nameof(options.PotentialExponent), options.PotentialExponent, "a finite number above 1");
        }

        if (!IsNonNegative(options.RepulsionWeight))
        {
            yield return Fault(nameof(options.RepulsionWeight), options.RepulsionWeight, "a finite number of at least 0");
        }

        if (!IsNonNegative(options.SizeWeight))
        {
            yield return Fault(nameof(options.SizeWeight), options.SizeWeight, "a finite number of at least 0");
        }

        if (options is { RepulsionWeight: 0, SizeWeight: 0 })
        {
            yield return (nameof(options.RepulsionWeight), $"is 0, and so is {nameof(options.SizeWeight)}; one of them must be above 0.");
        }

        if (!IsNonNegative(options.MinSeparation) || options.MinSeparation >= options.MaxContactDistance)
        {
            yield return Fault(
                nameof(options.MinSeparation),
                options.MinSeparation,
                FormattableString.Invariant($"at least 0 and below {nameof(options.MaxContactDistance)}, which is {options.MaxContactDistance}"));
        }

        if (!IsPositive(options.MaxContactDistance))
        {
            yield return Fault(nameof(options.MaxContactDistance), options.MaxContactDistance, "a finite number above 0");
        }

        if (options.Views < 2)
        {
            yield return Fault(nameof(options.Views), options.Views.Value, "at least 2, or not set");
        }

        if (!Enum.IsDefined(options.Backend))
        {
            yield return Fault(nameof(options.Backend), options.Backend, $"one of {string.Join(", ", Enum.GetNames<ClampBackend>())}");
        }
    }

    private static bool IsPositive(double value) => double.IsFinite(value) && value > 0;

    private static bool IsNonNegative(double value) => double.IsFinite(value) && value >= 0;

    private static (string Option, string Reason) Fault<T>(string option, T given, string allowed) =>
        (option, FormattableString.Invariant($"is {given}; it must be {allowed}."));

    private string PathOf(string option) => sections.Select(section => section.PathOf(option)).LastOrDefault(path => path is not null) ?? option;
}
