using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Clamp.Losses.Samples.Analysis.Sections;
using Clamp.Losses.Samples.Pages;

namespace Clamp.Losses.Samples.Analysis;

/// <summary>Writes the report as one page that needs no network.</summary>
internal static partial class ReportPage
{
    // Beside another one, what is wider would be too small to read.
    private const int WidestBeside = 600;

    private static readonly ReportSection[] Sections =
    [
        SummarySection.Section,
        CurvesSection.Section,
        DistributionsSection.Section,
        SpectrumSection.Section,
        MapSection.Section,
        ViewsSection.Section,
        NeighboursSection.Section,
        ConfusionSection.Section,
        ConfigurationSection.Section,
    ];

    /// <summary>Writes the page.</summary>
    /// <param name="runs">One run, or several to lay side by side.</param>
    /// <returns>The page, and the drawings on it as files: their names, and SVG.</returns>
    public static (string Html, IReadOnlyList<(string Name, string Svg)> Files) Write(IReadOnlyList<AnalysedRun> runs)
    {
        var (body, files) = (new StringBuilder(), new List<(string, string)>());
        foreach (var section in Sections)
        {
            body.Append($"<section id=\"{section.Name}\"><h2>{section.Title}</h2><p>{section.About}</p><div class=\"runs\">");
            for (var i = 0; i < runs.Count; i++)
            {
                var part = section.Of(runs[i]);
                var prefix = runs.Count == 1 ? "" : $"run{i + 1}-";
                body.Append("<div class=\"run\">").Append(runs.Count == 1 ? "" : $"<h3>{WebUtility.HtmlEncode(runs[i].Name)}</h3>").Append("<div class=\"figures\">");
                foreach (var figure in part.Figures)
                {
                    body.Append(figure.Image.Width > WidestBeside ? "<figure class=\"wide\">" : "<figure>").Append(figure.Image.ToElement(prefix + figure.Name, figure.Title)).Append("</figure>");
                    files.Add(($"{prefix}{figure.Name}.svg", figure.Image.ToFile()));
                }

                body.Append("</div>").Append(part.Html).Append("</div>");
            }

            body.Append("</div></section>\n");
        }

        var links = string.Concat(Sections.Select(section => $"<a href=\"#{section.Name}\">{section.Title}</a> "));
        return (Filled($"Analysis of {string.Join(" beside ", runs.Select(run => run.Name))}", links, runs.Count, $"{body}"), files);
    }

    /// <summary>A page in the report's style.</summary>
    /// <param name="title">Its title, as text.</param>
    /// <param name="links">Links to its sections.</param>
    /// <param name="columns">How many things a section lays side by side.</param>
    /// <param name="body">Its sections.</param>
    public static string Filled(string title, string links, int columns, string body)
    {
        var texts = new Dictionary<string, string>
        {
            ["title"] = WebUtility.HtmlEncode(title),
            ["colours"] = ReportColours.Css,
            ["links"] = links,
            ["runs"] = $"{columns}",
            ["body"] = body,
        };

        // All in one pass: what looks like a place in a text stays as it is.
        return Place().Replace(PageTemplate.Text("report.html"), place => texts[place.Groups[1].Value]);
    }

    [GeneratedRegex(@"\{\{(\w+)\}\}")]
    private static partial Regex Place();
}
