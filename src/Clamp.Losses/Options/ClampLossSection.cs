using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Clamp.Losses;

/// <summary>
/// A configuration section that <see cref="ClampLossOptions"/> are read from, key by key: to the end, so that every fault is found, and
/// without reflection, so that a trimmed application reads the same. A value that cannot be read leaves its option as it was.
/// </summary>
/// <param name="section">The section.</param>
internal sealed class ClampLossSection(IConfiguration section)
    : IConfigureOptions<ClampLossOptions>, IOptionsChangeTokenSource<ClampLossOptions>
{
    private static readonly Dictionary<string, Action<ClampLossOptions, string>> Setters = new(StringComparer.OrdinalIgnoreCase)
    {
        [nameof(ClampLossOptions.RadiusScale)] = (options, text) => options.RadiusScale = Number(text),
        [nameof(ClampLossOptions.PotentialExponent)] = (options, text) => options.PotentialExponent = Number(text),
        [nameof(ClampLossOptions.RepulsionWeight)] = (options, text) => options.RepulsionWeight = Number(text),
        [nameof(ClampLossOptions.SizeWeight)] = (options, text) => options.SizeWeight = Number(text),
        [nameof(ClampLossOptions.MinSeparation)] = (options, text) => options.MinSeparation = Number(text),
        [nameof(ClampLossOptions.MaxContactDistance)] = (options, text) => options.MaxContactDistance = Number(text),
        [nameof(ClampLossOptions.LogEnergy)] = (options, text) => options.LogEnergy = TrueOrFalse(text),
        [nameof(ClampLossOptions.Views)] = (options, text) => options.Views = WholeNumber(text),
        [nameof(ClampLossOptions.SplitProducts)] = (options, text) => options.SplitProducts = TrueOrFalse(text),
        [nameof(ClampLossOptions.Backend)] = (options, text) => options.Backend = Backend(text),
    };

    /// <inheritdoc/>
    public string Name => Options.DefaultName;

    /// <inheritdoc/>
    public IChangeToken GetChangeToken() => section.GetReloadToken();

    /// <inheritdoc/>
    public void Configure(ClampLossOptions options)
    {
        foreach (var entry in section.GetChildren())
        {
            FaultOf(entry, options);
        }
    }

    /// <summary>What is wrong with the section; whether its values are in range is for the validator to say.</summary>
    public IEnumerable<string> Faults() => section.GetChildren().Select(entry => FaultOf(entry, new ClampLossOptions())).OfType<string>();

    /// <summary>Where the section sets an option; null when it does not.</summary>
    /// <param name="option">The option's name.</param>
    public string? PathOf(string option) => section.GetSection(option) is { Value.Length: > 0 } entry ? entry.Path : null;

    /// <summary>Sets what an entry says, or says what is wrong with it.</summary>
    private static string? FaultOf(IConfigurationSection entry, ClampLossOptions options)
    {
        if (!Setters.TryGetValue(entry.Key, out var set))
        {
            return $"{entry.Path} is unknown; the options are {string.Join(", ", Setters.Keys)}.";
        }

        if (entry.GetChildren().Any())
        {
            return $"{entry.Path} has keys below it; it must be a single value.";
        }

        try
        {
            // An empty text may stand for JSON's null, so it sets nothing.
            if (entry.Value is { Length: > 0 } text)
            {
                set(options, text);
            }

            return null;
        }
        catch (FormatException expected)
        {
            return $"{entry.Path} is \"{entry.Value}\"; it must be {expected.Message}.";
        }
    }

    private static double Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new FormatException("a number, with a point for decimals");

    private static int WholeNumber(string text) =>
        int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new FormatException("a whole number");

    private static bool TrueOrFalse(string text) => bool.TryParse(text, out var value) ? value : throw new FormatException("true or false");

    private static ClampBackend Backend(string text) =>
        Enum.TryParse<ClampBackend>(text, ignoreCase: true, out var value)
            ? value
            : throw new FormatException($"one of {string.Join(", ", Enum.GetNames<ClampBackend>())}");
}
