namespace Clamp.Losses.Samples.Analysis;

/// <summary>A section of the report, which every run fills in.</summary>
/// <param name="Name">Its anchor.</param>
/// <param name="Title">Its heading.</param>
/// <param name="About">How to read it, as HTML.</param>
/// <param name="Of">What it shows of a run.</param>
internal sealed record ReportSection(string Name, string Title, string About, Func<AnalysedRun, SectionPart> Of);
