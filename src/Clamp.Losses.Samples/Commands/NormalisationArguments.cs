using System.CommandLine;
using System.CommandLine.Parsing;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Commands;

/// <summary>The options that say what pixels are normalised by.</summary>
internal sealed class NormalisationArguments
{
    private readonly Option<string?> _name = new("--normalisation")
    {
        Description = "The mean and deviation that pixels, from 0 to 1, are normalised by: those of a data set, or half, 0.5 and 0.25.",
        HelpName = string.Join('|', Normalisation.Named.Keys),
    };

    private readonly Option<double[]> _mean = ListOption.Create("--mean", "The means of red, green and blue.", new Normalisation().Mean);

    private readonly Option<double[]> _deviation = ListOption.Create(
        "--deviation", "The standard deviations of red, green and blue.", new Normalisation().StandardDeviation);

    public NormalisationArguments() => _name.Validators.Add(RefuseUnknown);

    public Option[] All => [_name, _mean, _deviation];

    /// <summary>The normalisation that is given, over another.</summary>
    public Normalisation Over(Normalisation other, ParseResult arguments)
    {
        var begin = arguments.GetValue(_name) is { } name ? Normalisation.Named[name] : other;
        return new Normalisation
        {
            Mean = arguments.Given(_mean, begin.Mean),
            StandardDeviation = arguments.Given(_deviation, begin.StandardDeviation),
        };
    }

    /// <summary>What is given, as settings.</summary>
    public IEnumerable<KeyValuePair<string, string?>> Settings(ParseResult arguments)
    {
        var named = arguments.GetValue(_name) is { } name ? Normalisation.Named[name] : null;
        (string Part, IReadOnlyList<double>? Channels)[] given =
        [
            (nameof(Normalisation.Mean), arguments.Given(_mean, named?.Mean)),
            (nameof(Normalisation.StandardDeviation), arguments.Given(_deviation, named?.StandardDeviation)),
        ];
        return given.Where(part => part.Channels is not null).Select(part => KeyValuePair.Create(
            $"{nameof(RunOptions.Normalisation)}:{part.Part}",
            (string?)string.Join(' ', part.Channels!.Select(channel => FormattableString.Invariant($"{channel}")))));
    }

    private static void RefuseUnknown(OptionResult result)
    {
        var given = result.Tokens.Count > 0 ? result.Tokens[^1].Value : "";
        if (!Normalisation.Named.ContainsKey(given))
        {
            result.AddError($"--normalisation is '{given}'; it must be one of {string.Join(", ", Normalisation.Named.Keys)}.");
        }
    }
}
