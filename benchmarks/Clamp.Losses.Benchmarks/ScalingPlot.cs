using System.Globalization;
using ScottPlot;
using ScottPlot.MultiplotLayouts;
using ScottPlot.TickGenerators;

namespace Clamp.Losses.Benchmarks;

/// <summary>Draws time and peak memory of a step against B, two panels side by side, both axes logarithmic.</summary>
internal static class ScalingPlot
{
    private const int Width = 1400;
    private const int Height = 560;

    private static readonly (string Method, string Name, Color Colour, MarkerShape Marker)[] Curves =
    [
        (nameof(BatchScaling.Clamp), "CLAMP, fused", Colors.SteelBlue, MarkerShape.FilledCircle),
        (nameof(BatchScaling.Reference), "CLAMP, reference's algorithm", Colors.IndianRed, MarkerShape.FilledSquare),
        (nameof(BatchScaling.NtXent), "NT-Xent", Colors.SeaGreen, MarkerShape.FilledTriangleUp),
    ];

    /// <summary>Writes the plot as a PNG.</summary>
    /// <param name="results">What was measured.</param>
    /// <param name="path">The file.</param>
    public static void Save(IReadOnlyList<ScalingResult> results, string path)
    {
        var panels = new Multiplot();
        panels.AddPlots(2);
        panels.Layout = new Columns();
        Draw(panels.GetPlot(0), results, result => result.Milliseconds, "time of forward and backward (ms)");
        Draw(panels.GetPlot(1), results, result => result.Megabytes, "peak extra memory of a step (MB)");
        panels.SavePng(path, Width, Height);
    }

    private static void Draw(Plot plot, IReadOnlyList<ScalingResult> results, Func<ScalingResult, double?> quantity, string label)
    {
        foreach (var (method, name, colour, marker) in Curves)
        {
            // A peak too small to be seen has no logarithm.
            var shown = results.Where(result => result.Method == method && quantity(result) > 0).OrderBy(result => result.Images).ToArray();
            var (x, y) = (shown.Select(result => Math.Log10(result.Images)), shown.Select(result => Math.Log10(quantity(result)!.Value)));
            var curve = plot.Add.Scatter(x.ToArray(), y.ToArray(), colour);
            (curve.LegendText, curve.LineWidth, curve.MarkerShape, curve.MarkerSize) = (name, 2, marker, 8);
        }

        Label(plot, results.Select(result => result.Images).Distinct().ToArray(), label);
    }

    private static void Label(Plot plot, int[] batches, string label)
    {
        plot.XLabel("images per batch, B (2 views, 256 dimensions)");
        plot.YLabel(label);
        plot.ShowLegend(Edge.Top);
        plot.Legend.Orientation = Orientation.Horizontal;
        plot.Legend.TightHorizontalWrapping = true;
        plot.Axes.Bottom.TickGenerator = new NumericManual(
            batches.Select(images => Math.Log10(images)).ToArray(),
            batches.Select(images => images.ToString(CultureInfo.InvariantCulture)).ToArray());
        plot.Axes.Left.TickGenerator = new NumericAutomatic
        {
            IntegerTicksOnly = true,
            MinorTickGenerator = new LogMinorTickGenerator(),
            LabelFormatter = exponent => Math.Pow(10, exponent).ToString("G6", CultureInfo.InvariantCulture),
        };
    }
}
