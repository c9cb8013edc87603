using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Clamp.Losses.Samples.Commands;

/// <summary>Options that take several numbers, as 64,32 or as 64 32.</summary>
internal static class ListOption
{
    /// <summary>An option.</summary>
    /// <typeparam name="T">The kind of number.</typeparam>
    /// <param name="name">The option.</param>
    /// <param name="description">What it sets.</param>
    /// <param name="defaults">The values where it is not given.</param>
    /// <returns>A new option.</returns>
    public static Option<T[]> Create<T>(string name, string description, IEnumerable<T> defaults)
        where T : IParsable<T> => new(name)
        {
            Description = description,
            HelpName = "N,N,...",
            DefaultValueFactory = _ => [.. defaults],
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = true,
            CustomParser = result => Parsed<T>(result, name),
        };

    private static T[]? Parsed<T>(ArgumentResult result, string name)
        where T : IParsable<T>
    {
        var numbers = new List<T>();
        foreach (var item in result.Tokens.SelectMany(token => token.Value.Split(',')))
        {
            if (!T.TryParse(item, CultureInfo.InvariantCulture, out var number))
            {
                var kind = typeof(T) == typeof(int) ? "whole numbers" : "numbers";
                result.AddError($"{name} is '{string.Join(' ', result.Tokens.Select(token => token.Value))}'; it must be {kind} with commas between them.");
                return null;
            }

            numbers.Add(number);
        }

        return [.. numbers];
    }
}
