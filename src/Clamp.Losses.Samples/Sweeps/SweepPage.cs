using System.Net;
using System.Text;
using Clamp.Losses.Samples.Analysis;

namespace Clamp.Losses.Samples.Sweeps;

/// <summary>Writes a sweep as one page that needs no network: a drawing and a table for each setting.</summary>
internal static class SweepPage
{
    /// <summary>Writes the page.</summary>
    /// <param name="name">What the sweep is called.</param>
    /// <param name="sweep">The sweep.</param>
    /// <param name="panels">The drawings of its settings.</param>
    public static string Of(string name, SweepResult sweep, IReadOnlyList<VectorImage> panels)
    {
        var (body, links) = (new StringBuilder($"<p>{About(sweep.Plan)}</p>"), new StringBuilder());
        for (var i = 0; i < panels.Count; i++)
        {
            var setting = sweep.Plan.Varied[i];
            var label = WebUtility.HtmlEncode(setting.Label);
            links.Append($"<a href=\"#setting-{i}\">{label}</a> ");
            body.Append($"<section id=\"setting-{i}\"><h2>{label}</h2>")
                .Append($"<div class=\"figures\"><figure>{panels[i].ToElement($"panel-{i}", $"Score against {setting.Label}")}</figure></div><table class=\"numbers\">")
                .Append(Row("th", ["", .. SweepResult.Columns]));
            foreach (var row in sweep.Rows(setting))
            {
                body.Append(Row("td", row));
            }

            body.Append("</table></section>\n");
        }

        var failed = sweep.Plan.Cells.Where(cell => sweep.Outcomes[cell.Name].State == CellState.Failed).ToList();
        if (failed.Count > 0)
        {
            body.Append("<section id=\"failed\"><h2>What failed</h2><table>")
                .Append(string.Concat(failed.Select(cell => Row("td", [cell.Name, sweep.Outcomes[cell.Name].Reason ?? ""]))))
                .Append("</table></section>\n");
        }

        return ReportPage.Filled($"Sweep {name}", $"{links}", 1, $"{body}");
    }

    private static string About(SweepPlan plan) =>
        (plan.IsGrid ? "Mean and standard deviation over the seeds and the other settings of the grid." : "The other settings are the base's; mean and standard deviation over the seeds.")
        + " Scores are of training images that were held out; no test image was looked at. Loss, contacts and radius are means over the last epoch, and compare only where "
        + "the loss is the same function.";

    private static string Row(string cell, IEnumerable<string> texts) => $"<tr>{string.Concat(texts.Select(text => $"<{cell}>{WebUtility.HtmlEncode(text)}</{cell}>"))}</tr>";
}
