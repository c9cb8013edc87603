using System.Globalization;
using System.Net;
using ScottPlot;

namespace Clamp.Losses.Samples.Analysis.Sections;

/// <summary>The features in the plane.</summary>
internal static class MapSection
{
    private const int MostNames = 30;

    // Ten colours in ten shapes.
    private const int MostMarks = 100;

    private static readonly MarkerShape[] Shapes =
    [
        MarkerShape.FilledCircle, MarkerShape.FilledTriangleUp, MarkerShape.FilledSquare, MarkerShape.FilledDiamond, MarkerShape.OpenCircle,
        MarkerShape.OpenTriangleUp, MarkerShape.OpenSquare, MarkerShape.OpenDiamond, MarkerShape.Cross, MarkerShape.Eks,
    ];

    public static ReportSection Section { get; } = new(
        "map",
        "Maps of the features",
        "Each point is an image; images whose features are alike lie together. Above, t-SNE (exact, perplexity 30, begun at the "
        + "principal components): neighbourhoods mean something, distances between clusters do not. Below, the two directions in which the features spread most. The encoder never saw a label.",
        Of);

    private static SectionPart Of(AnalysedRun run) => new(
        [
            .. Both(run, "tsne", "t-SNE", Neighbourhood),
            .. Both(run, "pca", "Principal components", Components),
        ],
        Key(run));

    private static IEnumerable<ReportFigure> Both(
        AnalysedRun run, string name, string kind, Func<AnalysedRun, EncoderState, string, VectorImage> draw) => run.States.Select(state =>
        new ReportFigure($"{name}-{state.Name}", $"{kind} of the features {state.Name} training", draw(run, state.State, $"{state.Name} training")));

    /// <summary>The map by t-SNE.</summary>
    public static VectorImage Neighbourhood(AnalysedRun run, EncoderState state, string when)
    {
        var plot = Points(run, state.Neighbourhood);
        plot.XLabel($"t-SNE 1, {when}");
        plot.YLabel("t-SNE 2");
        return VectorImage.Of(plot);
    }

    private static VectorImage Components(AnalysedRun run, EncoderState state, string when)
    {
        string Named(int component) => string.Create(
            CultureInfo.InvariantCulture, $"component {component + 1} ({state.ComponentShares[component]:P0} of the variance)");
        var plot = Points(run, state.Components);
        plot.XLabel($"{Named(0)}, {when}");
        plot.YLabel(Named(1));
        return VectorImage.Of(plot);
    }

    private static Plot Points(AnalysedRun run, PlaneMap map)
    {
        var plot = new Plot();
        var images = run.Images.Shown;
        if (!images.HasLabels)
        {
            plot.Add.Markers(map.X, map.Y, MarkerShape.FilledCircle, 4, ReportColours.Blue);
            return plot;
        }

        foreach (var members in Enumerable.Range(0, images.Count).GroupBy(i => images.Labels[i]).OrderBy(group => group.Key))
        {
            plot.Add.Markers(
                members.Select(i => map.X[i]).ToArray(), members.Select(i => map.Y[i]).ToArray(), ShapeOf(members.Key), 4.5f, ReportColours.OfClass(members.Key));
        }

        return plot;
    }

    /// <summary>The classes' names beside their marks.</summary>
    private static string Key(AnalysedRun run)
    {
        if (!run.Images.HasLabels)
        {
            return "<p class=\"absent\">The images have no labels: all points have one colour.</p>";
        }

        var names = run.Images.Shown.ClassNames;
        if (names.Count > MostMarks)
        {
            return $"<p class=\"absent\">{names.Count} classes: colours and shapes come in turn, so that several classes share one.</p>";
        }

        var key = $"<div class=\"key\">{string.Concat(names.Select((name, i) => $"<span>{Mark(i)}{WebUtility.HtmlEncode(name)}</span>"))}</div>";
        return names.Count > MostNames ? $"<details><summary>{names.Count} classes</summary>{key}</details>" : key;
    }

    private static string Mark(int index)
    {
        var plot = new Plot();
        plot.HideAxesAndGrid();
        plot.Add.Marker(0, 0, ShapeOf(index), 11, ReportColours.OfClass(index));
        plot.Layout.Frameless();
        var image = VectorImage.Bare(plot, 14, 14);
        return $"<svg aria-hidden=\"true\" viewBox=\"0 0 14 14\">{image.WithOwnNames($"key{index}-")}</svg>";
    }

    private static MarkerShape ShapeOf(int index) => Shapes[index / 10 % Shapes.Length];
}
