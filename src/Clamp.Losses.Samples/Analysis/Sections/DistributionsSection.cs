using ScottPlot;

namespace Clamp.Losses.Samples.Analysis.Sections;

/// <summary>How alike the sub-manifolds of two images are, of one class and of two.</summary>
internal static class DistributionsSection
{
    private const int Bins = 60;

    public static ReportSection Section { get; } = new(
        "distributions",
        "Pairs of images",
        "The augmented views of an image are its sub-manifold; its centroid is their mean. Each pair of images is counted once, an image never "
        + "with itself, and a pair of one class never as one of two classes; of more than 100,000 pairs of a kind so many are drawn. "
        + "Centroid cosines are those of the features as they are. Distances are in units of the root of their mean "
        + "square, so that before and after can be compared. Orientation similarity is cos<sup>2</sup> of the angle between the directions in which the views of the "
        + "two images spread most.",
        Of);

    private static SectionPart Of(AnalysedRun run)
    {
        var figures = new List<ReportFigure>();
        Add(figures, run, "cosines", "cosine of two images' centroids", state => state.Cosines);
        Add(figures, run, "distances", "distance of two images' centroids", state => state.Distances);
        Add(figures, run, "orientations", "orientation similarity of two images", state => state.Orientations);
        return new SectionPart(figures);
    }

    /// <summary>The two drawings, before and after, over the same values.</summary>
    public static IReadOnlyList<VectorImage> Draw(AnalysedRun run, string label, Func<EncoderState, PairDistribution> pairs)
    {
        var all = run.States.SelectMany(state => pairs(state.State).Within.Concat(pairs(state.State).Between)).ToList();
        var (low, high) = (all.Min(), all.Max());
        return [.. run.States.Select(state => Draw(pairs(state.State), run.Images.HasLabels, $"{label}, {state.Name} training", low, high))];
    }

    private static void Add(List<ReportFigure> figures, AnalysedRun run, string name, string label, Func<EncoderState, PairDistribution> pairs) =>
        figures.AddRange(Draw(run, label, pairs).Zip(run.States, (image, state) =>
            new ReportFigure($"{name}-{state.Name}", $"Distribution of the {label}, {state.Name} training", image)));

    private static VectorImage Draw(PairDistribution pairs, bool hasLabels, string label, double low, double high)
    {
        var plot = new Plot();
        Add(plot, pairs.Between, "two classes", ReportColours.Orange, fill: 0, low, high);
        Add(plot, pairs.Within, hasLabels ? "same class" : "all pairs", ReportColours.Blue, fill: .25, low, high);
        plot.XLabel(label);
        plot.YLabel("density of pairs");
        plot.Axes.AutoScale();

        // With room above for the legend.
        plot.Axes.SetLimitsY(0, plot.Axes.GetLimits().Top * 1.25);
        plot.ShowLegend(Alignment.UpperLeft);
        return VectorImage.Of(plot);
    }

    private static void Add(Plot plot, IReadOnlyList<double> values, string name, Color colour, double fill, double low, double high)
    {
        if (values.Count == 0)
        {
            return;
        }

        var (edges, densities) = Densities(values, low, high);
        var line = plot.Add.Scatter(edges, densities, colour);
        (line.ConnectStyle, line.MarkerSize, line.LineWidth, line.LegendText) = (ConnectStyle.StepHorizontal, 0, 2, name);
        (line.FillY, line.FillYColor) = (fill > 0, colour.WithAlpha(fill));
    }

    /// <summary>A histogram whose area is 1: left edges of the bins and a last 0 at the right end.</summary>
    internal static (double[] Edges, double[] Densities) Densities(IReadOnlyList<double> values, double low, double high)
    {
        var width = Math.Max(high - low, 1e-9) / Bins;
        var densities = new double[Bins + 1];
        foreach (var value in values)
        {
            densities[Math.Clamp((int)((value - low) / width), 0, Bins - 1)] += 1 / (values.Count * width);
        }

        return ([.. Enumerable.Range(0, Bins + 1).Select(bin => low + bin * width)], densities);
    }
}
