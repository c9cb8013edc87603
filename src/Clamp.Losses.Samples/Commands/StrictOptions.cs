using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Clamp.Losses.Samples.Commands;

/// <summary>
/// Values that cannot be misread: no empty names of files, and numbers as <c>--set</c> reads them, whatever the language of the system:
/// a point before the decimals, and no separators of thousands, by which a decimal comma would be passed over in silence.
/// </summary>
internal static class StrictOptions
{
    /// <summary>Makes the options of a command, and of those below it, read their values so.</summary>
    public static void Require(Command command)
    {
        foreach (var option in command.Options)
        {
            switch (option)
            {
                case Option<double> number:
                    number.CustomParser = result => Parsed(result) ?? 0;
                    break;
                case Option<double?> number:
                    number.CustomParser = Parsed;
                    break;
                case Option<string> or Option<string[]>:
                    option.Validators.Add(RefuseEmpty);
                    break;
            }
        }

        foreach (var part in command.Subcommands)
        {
            Require(part);
        }
    }

    private static void RefuseEmpty(OptionResult result)
    {
        if (result.Tokens.Any(token => string.IsNullOrWhiteSpace(token.Value)))
        {
            result.AddError($"{result.Option.Name} is empty.");
        }
    }

    private static double? Parsed(ArgumentResult result)
    {
        var given = result.Tokens[0].Value;
        if (double.TryParse(given, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        result.AddError($"{((OptionResult)result.Parent!).Option.Name} is '{given}'; it must be a number, such as 0.004.");
        return null;
    }
}
