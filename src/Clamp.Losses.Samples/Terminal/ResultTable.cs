using System.Globalization;
using Clamp.Losses.Training;
using Spectre.Console;

namespace Clamp.Losses.Samples.Terminal;

/// <summary>A small table on the console: scores of encoders side by side, or what a search found.</summary>
internal sealed class ResultTable
{
    private readonly Table _table = new Table().AddColumn("");

    public ResultTable(params string[] columns) => _table.AddColumns(columns);

    public ResultTable(string first, EncoderScore firstScore, string second, EncoderScore secondScore)
        : this(first, second)
    {
        if (firstScore.LinearProbe is { } before && secondScore.LinearProbe is { } after)
        {
            AddRow("linear probe, top-1", before, after, "P1");
        }

        AddRow("20-NN, top-1", firstScore.NearestNeighbours, secondScore.NearestNeighbours, "P1");
    }

    public void AddRow(string name, double first, double second, string format) => AddRow(name, [first, second], format);

    public void AddRow(string name, IEnumerable<double> values, string format) =>
        _table.AddRow([Markup.Escape(name), .. values.Select(value => value.ToString(format, CultureInfo.InvariantCulture))]);

    /// <summary>Adds a row of text, such as names of files, in which nothing is markup.</summary>
    public void AddText(params string[] cells) => _table.AddRow(cells.Select(cell => new Text(cell)));

    public void Write() => StandardOutput.Write(_table);
}
