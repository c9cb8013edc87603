using Clamp.Losses.Samples.Pictures;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Analysis.Sections;

/// <summary>What the encoder holds for alike.</summary>
internal static class NeighboursSection
{
    public static ReportSection Section { get; } = new(
        "neighbours",
        "Nearest neighbours",
        "To the left, images spread evenly over those looked at; to the right, the training images whose features are most alike, by the cosine, the nearest first. A frame "
        + "marks those of the same class.",
        Of);

    private static SectionPart Of(AnalysedRun run) => new([.. run.States.Select(state => new ReportFigure(
        $"neighbours-{state.Name}",
        $"Nearest neighbours {state.Name} training",
        TileSheet.Draw(
            ("image", $"nearest training images, {state.Name} training"),
            [.. run.Queries.Select((query, i) => Row(run.Images, query, state.State.Neighbours[i]))])))]);

    private static TileRow Row(AnalysedImages images, int query, IReadOnlyList<int> neighbours)
    {
        using var scope = NewDisposeScope();
        var (asked, found) = (images.Shown.Pixels([query]), images.Kept.Pixels([.. neighbours]));
        var name = AnalysedImages.NameOf(images.Shown, query);
        return new TileRow(images.HasLabels ? name : $"image {query}",
        [
            new Tile(Thumbnails.Address(asked[0]), name),
            .. neighbours.Select((place, n) =>
            {
                var other = AnalysedImages.NameOf(images.Kept, place);
                return new Tile(Thumbnails.Address(found[n]), other, images.HasLabels && other == name);
            }),
        ]);
    }
}
