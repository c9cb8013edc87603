using System.Globalization;
using Clamp.Losses.Samples.Configuration;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Sweeps;

/// <summary>A setting that a sweep varies.</summary>
/// <param name="Key">Its key, such as Clamp:RadiusScale.</param>
/// <param name="Values">The values to try, as text.</param>
internal sealed record VariedSetting(string Key, IReadOnlyList<string> Values)
{
    private const string RadiusScale = $"{nameof(RunOptions.Clamp)}:{nameof(ClampLossOptions.RadiusScale)}";
    private const string PotentialExponent = $"{nameof(RunOptions.Clamp)}:{nameof(ClampLossOptions.PotentialExponent)}";

    /// <summary>What a drawing calls it: the key, with the paper's symbol where it has one.</summary>
    public string Label => Key switch
    {
        RadiusScale => $"r_s ({Key})",
        PotentialExponent => $"alpha ({Key})",
        nameof(RunOptions.Views) => "views V",
        nameof(RunOptions.BatchSize) => "batch size B",
        _ => Key,
    };

    /// <summary>Reads KEY=VALUE,VALUE,...</summary>
    /// <param name="text">The text; items of a list have spaces between them.</param>
    /// <exception cref="InvalidOptionsException">It has no values.</exception>
    public static VariedSetting Parse(string text)
    {
        var parts = text.Split('=', 2, StringSplitOptions.TrimEntries);
        return parts.Length == 2
            ? new VariedSetting(SettingKey.All.TryGetValue(parts[0], out var known) ? known.Path : parts[0], parts[1].Split(',', StringSplitOptions.TrimEntries))
            : throw new InvalidOptionsException($"--vary is '{text}'; it must be KEY=VALUE,VALUE,..., such as Clamp:RadiusScale=3,7.");
    }

    /// <summary>What the paper varies, r_s, alpha, views and batch: the base's value, half and twice it, and for alpha three exponents.</summary>
    /// <param name="options">The base.</param>
    public static IReadOnlyList<VariedSetting> OfThePaper(RunOptions options) =>
    [
        new(RadiusScale, [Text(options.Clamp.RadiusScale / 2), Text(options.Clamp.RadiusScale), Text(options.Clamp.RadiusScale * 2)]),
        new(PotentialExponent, [Text(options.Clamp.PotentialExponent), "1.5", "2", "3"]),
        new(nameof(options.Views), [Text(Math.Max(2, options.Views / 2)), Text(options.Views), Text(options.Views * 2)]),
        new(nameof(options.BatchSize), [Text(Math.Max(4, options.BatchSize / 2)), Text(options.BatchSize), Text(options.BatchSize * 2)]),
    ];

    private static string Text(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);
}
