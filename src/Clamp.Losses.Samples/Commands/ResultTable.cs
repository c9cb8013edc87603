using Clamp.Losses.Samples.Evaluation;
using Spectre.Console;

namespace Clamp.Losses.Samples.Commands;

/// <summary>A small table on the console: scores of two encoders side by side.</summary>
internal sealed class ResultTable
{
    private readonly Table _table = new Table().AddColumn("");

    public ResultTable(string first, EncoderScore firstScore, string second, EncoderScore secondScore)
    {
        _table.AddColumn(first).AddColumn(second);
        AddRow("linear probe, top-1", firstScore.LinearProbe, secondScore.LinearProbe, "P1");
        AddRow("20-NN, top-1", firstScore.NearestNeighbours, secondScore.NearestNeighbours, "P1");
    }

    public void AddRow(string name, double first, double second, string format) =>
        _table.AddRow(name, first.ToString(format), second.ToString(format));

    public void Write() => StandardOutput.Write(_table);
}
