using System.CommandLine;
using System.CommandLine.Parsing;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Commands;

/// <summary>Options that take one of several names.</summary>
internal static class NamedOption
{
    /// <summary>An option with the values of an enum.</summary>
    /// <typeparam name="T">The enum.</typeparam>
    /// <param name="name">The option.</param>
    /// <param name="description">What it chooses.</param>
    /// <param name="values">The names of the enum's values, which may have dashes between words.</param>
    /// <returns>A new option; null when it is not given.</returns>
    public static Option<T?> Create<T>(string name, string description, params string[] values)
        where T : struct, Enum => new(name)
        {
            Description = description,
            HelpName = string.Join('|', values),
            CustomParser = result => Parsed<T>(result, name, values),
        };

    /// <summary>The option that chooses an architecture.</summary>
    /// <param name="description">What it is for.</param>
    /// <returns>A new option; null when it is not given.</returns>
    public static Option<EncoderKind?> Encoder(string description) =>
        Create<EncoderKind>("--encoder", description, "tiny", "resnet18", "resnet34", "resnet50");

    private static T? Parsed<T>(ArgumentResult result, string name, string[] values)
        where T : struct, Enum
    {
        var given = result.Tokens[0].Value;
        var word = given.Replace("-", "", StringComparison.Ordinal);
        if (Enum.TryParse<T>(word, ignoreCase: true, out var value) && Enum.IsDefined(value))
        {
            return value;
        }

        result.AddError($"{name} is '{given}'; it must be {string.Join(", ", values[..^1])} or {values[^1]}.");
        return null;
    }
}
