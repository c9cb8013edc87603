namespace Clamp.Losses.Samples.Analysis;

/// <summary>What a section shows of one run.</summary>
/// <param name="Figures">The drawings.</param>
/// <param name="Html">What stands below them, as HTML.</param>
internal sealed record SectionPart(IReadOnlyList<ReportFigure> Figures, string Html = "")
{
    /// <summary>A part that cannot be shown.</summary>
    /// <param name="reason">Why, as HTML.</param>
    public static SectionPart Absent(string reason) => new([], $"<p class=\"absent\">{reason}</p>");
}
