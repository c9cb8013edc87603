namespace Clamp.Losses.Samples.Analysis;

/// <summary>A drawing of the report, which is a file beside it, too.</summary>
/// <param name="Name">The file's name without its ending: letters, digits and dashes, once in a run.</param>
/// <param name="Title">What it shows, in words.</param>
/// <param name="Image">The drawing.</param>
internal sealed record ReportFigure(string Name, string Title, VectorImage Image);
