using System.Globalization;
using System.Net;
using System.Text;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Analysis.Sections;

/// <summary>Which classes the linear probe takes for each other.</summary>
internal static class ConfusionSection
{
    private const int Cell = 34;
    private const int Margin = 110;
    private const int MostClasses = 30;
    private const int Pairs = 10;

    public static ReportSection Section { get; } = new(
        "confusion",
        "What the linear probe confuses",
        "The probe's learning rate is chosen on held-out images.",
        Of);

    private static SectionPart Of(AnalysedRun run)
    {
        if (run.After.Confusion is not { } matrix)
        {
            return SectionPart.Absent("The images have no labels.");
        }

        var names = run.Images.Shown.ClassNames;
        return matrix.Classes > MostClasses
            ? new SectionPart([], Worst(matrix, names))
            : new SectionPart([.. run.States.Select(state => new ReportFigure(
                $"confusion-{state.Name}",
                $"Confusion matrix of the linear probe {state.Name} training",
                Draw(state.State.Confusion!, names, $"{state.Name} training")))],
                "<p>Rows are the true classes, columns what the probe takes the images for; numbers are percent of the row.</p>");
    }

    private static VectorImage Draw(ConfusionMatrix matrix, IReadOnlyList<string> names, string when)
    {
        var body = new StringBuilder();
        var side = matrix.Classes * Cell;
        Text(body, Margin, 16, string.Create(CultureInfo.InvariantCulture, $"{when}: {matrix.Accuracy:P1} right"), "start");
        for (var row = 0; row < matrix.Classes; row++)
        {
            Text(body, Margin - 8, 30 + row * Cell + Cell / 2 + 4, ShortName.Of(names[row]), "end", names[row]);
            body.Append($"<g transform=\"translate({Margin + row * Cell + Cell / 2 + 4} {38 + side}) rotate(-50)\">");
            Text(body, 0, 4, ShortName.Of(names[row]), "end", names[row]);
            body.Append("</g>");
            for (var column = 0; column < matrix.Classes; column++)
            {
                var share = matrix.Count(row) == 0 ? 0 : matrix[row, column] / (double)matrix.Count(row);
                Square(body, Margin + column * Cell, 30 + row * Cell, share, $"{names[row]} taken for {names[column]}: {matrix[row, column]} of {matrix.Count(row)}");
            }
        }

        return new VectorImage(body.ToString(), Margin + side + 4, 30 + side + Margin);
    }

    // Never the full colour, on which the number could not be read.
    private static void Square(StringBuilder body, int x, int y, double share, string title)
    {
        body.Append(CultureInfo.InvariantCulture, $"<rect fill=\"#0072B2\" fill-opacity=\"{share * .65:F3}\" stroke=\"#DDE1E8\" ")
            .Append($"x=\"{x}\" y=\"{y}\" width=\"{Cell}\" height=\"{Cell}\">")
            .Append($"<title>{WebUtility.HtmlEncode(title)}</title></rect>");
        if (share >= .005)
        {
            Text(body, x + Cell / 2, y + Cell / 2 + 4, (share * 100).ToString("F0", CultureInfo.InvariantCulture), "middle");
        }
    }

    private static string Worst(ConfusionMatrix matrix, IReadOnlyList<string> names)
    {
        var classes = Enumerable.Range(0, matrix.Classes);
        var pairs = classes.SelectMany(row => classes.Where(column => column != row && matrix[row, column] > 0).Select(column => (row, column)));
        var rows = pairs.OrderByDescending(pair => matrix[pair.row, pair.column]).Take(Pairs).Select(pair =>
            $"<tr><td>{WebUtility.HtmlEncode(names[pair.row])}</td><td>{WebUtility.HtmlEncode(names[pair.column])}</td>"
            + $"<td>{matrix[pair.row, pair.column]} of {matrix.Count(pair.row)}</td></tr>").ToList();
        var told = string.Create(CultureInfo.InvariantCulture, $"{matrix.Classes} classes, {matrix.Accuracy:P1} right after training");
        return rows.Count == 0
            ? $"<p>{told}.</p>"
            : $"<p>{told}; the most frequent confusions:</p><table><tr><th>class</th><th>taken for</th><th>images</th></tr>{string.Concat(rows)}</table>";
    }

    private static void Text(StringBuilder body, int x, int y, string text, string anchor, string? title = null) => body.Append(
        $"<text fill=\"#1F2430\" font-size=\"12\" font-family=\"sans-serif\" text-anchor=\"{anchor}\" x=\"{x}\" y=\"{y}\">{WebUtility.HtmlEncode(text)}"
        + $"{(title is null ? "" : $"<title>{WebUtility.HtmlEncode(title)}</title>")}</text>");
}
