namespace Clamp.Losses.Samples.Analysis.Sections;

/// <summary>What the network was shown.</summary>
internal static class ViewsSection
{
    public static ReportSection Section { get; } = new(
        "views",
        "Views as the network saw them",
        "Training images, and their views of the first epoch: the very ones that were trained on, brought back to colours from what normalisation made of them. At most 8 of "
        + "each are shown.",
        run => new SectionPart([new ReportFigure("views", "Training images and their augmented views", TileSheet.Draw(("image", "its views"), run.Views))]));
}
