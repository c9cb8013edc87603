using System.CommandLine;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Commands;

/// <summary>The options that say which training images are labelled.</summary>
internal sealed class LabelArguments
{
    private const double DefaultFraction = 0.1;

    private readonly Option<double?> _fraction = new("--fraction")
    {
        Description = "The share of the training images that is labelled, drawn at random and balanced over classes; by default 0.1.",
    };

    private readonly Option<FileInfo?> _list = new("--list")
    {
        Description = "Instead: a file with a labelled training image on each line, its position from 0 or its file's name.",
        HelpName = "FILE",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_fraction);
        command.Options.Add(_list);
    }

    public LabelChoice Choice(ParseResult arguments)
    {
        var (fraction, list) = (arguments.GetValue(_fraction), arguments.GetValue(_list)?.FullName);
        return (fraction, list) switch
        {
            (not null, not null) => throw new InvalidOptionsException("--fraction and --list are given; only one may choose the labelled images."),
            (_, null) => new LabelChoice(fraction ?? DefaultFraction, List: null),
            _ => new LabelChoice(Fraction: null, list),
        };
    }
}
