using Clamp.Losses.Samples.Analysis;
using ScottPlot;

namespace Clamp.Losses.Samples.Sweeps;

/// <summary>Draws a sweep: a panel a setting, the score against its values, one scale for all.</summary>
internal static class SweepDrawing
{
    // Values at least this far apart, the largest over the smallest, are drawn by their logarithms.
    private const double FarApart = 3;

    private static readonly Figure[] Figures =
    [
        new("held-out linear probe, top-1 in %", cell => 100 * cell.Report?.Pretrained?.LinearProbe, cell => 100 * cell.Report?.Untrained?.LinearProbe),
        new("held-out 20-NN, top-1 in %", cell => 100 * cell.Report?.Pretrained?.NearestNeighbours, cell => 100 * cell.Report?.Untrained?.NearestNeighbours),
        new("mean contacts, last epoch", cell => cell.End?.MeanContacts, _ => null),
    ];

    /// <summary>One panel for each setting, in the plan's order.</summary>
    /// <param name="sweep">The sweep.</param>
    public static IReadOnlyList<VectorImage> Panels(SweepResult sweep)
    {
        // The first figure that there is.
        var all = sweep.Outcomes.Values.ToList();
        var figure = Figures.FirstOrDefault(figure => all.Any(cell => figure.Trained(cell) is not null)) ?? Figures[0];
        var ends = sweep.Plan.Varied.SelectMany(sweep.Plan.ByValue).SelectMany(group => Ends([.. group.Cells.Select(cell => sweep.Outcomes[cell.Name])], figure)).DefaultIfEmpty(0).ToList();
        var margin = Math.Max(0.5, 0.1 * (ends.Max() - ends.Min()));
        return [.. sweep.Plan.Varied.Select(setting => Panel(sweep, setting, figure, ends.Min() - margin, ends.Max() + margin))];
    }

    /// <summary>How far points and bars of one value reach.</summary>
    private static IEnumerable<double> Ends(List<CellOutcome> cells, Figure figure)
    {
        var (mean, deviation) = SweepResult.Spread(cells.Select(figure.Trained)) ?? (double.NaN, null);
        double?[] ends = [mean - (deviation ?? 0), mean + (deviation ?? 0), .. cells.Select(figure.Trained), .. cells.Select(figure.Untrained)];
        return ends.OfType<double>().Where(double.IsFinite);
    }

    private static VectorImage Panel(SweepResult sweep, VariedSetting setting, Figure figure, double lowest, double highest)
    {
        var groups = sweep.Plan.ByValue(setting);
        var places = Places([.. groups.Select(group => group.Value)]);
        var points = groups.Select((group, i) => (X: places[i], Cells: group.Cells.Select(cell => sweep.Outcomes[cell.Name]).ToList())).ToList();
        var plot = new Plot();
        Line(plot, points, figure.Untrained, ReportColours.Muted, isDashed: true);
        foreach (var (x, cells) in points.Where(point => point.Cells.Count > 1))
        {
            double[] each = [.. cells.Select(figure.Trained).OfType<double>()];
            plot.Add.Markers([.. each.Select(_ => x)], each, MarkerShape.OpenCircle, 5, ReportColours.Blue);
        }

        Line(plot, points, figure.Trained, ReportColours.Blue, isDashed: false);
        var home = sweep.Plan.BaseValue(setting);
        plot.Axes.Bottom.SetTicks(places, [.. groups.Select(group => group.Value == home ? $"{group.Value} (base)" : group.Value)]);
        var width = places[^1] - places[0];
        plot.Axes.SetLimits(places[0] - Math.Max(0.1, 0.12 * width), places[^1] + Math.Max(0.1, 0.12 * width), lowest, highest);
        plot.XLabel(setting.Label);
        plot.YLabel(figure.Label);
        return VectorImage.Of(plot);
    }

    /// <summary>A line through the means, with bars of one standard deviation where there are several cells.</summary>
    private static void Line(Plot plot, List<(double X, List<CellOutcome> Cells)> points, Func<CellOutcome, double?> figure, Color colour, bool isDashed)
    {
        var known = points.Select(point => (point.X, Spread: SweepResult.Spread(point.Cells.Select(figure)))).Where(point => point.Spread is not null)
            .Select(point => (point.X, point.Spread!.Value.Mean, point.Spread.Value.Deviation)).ToList();
        if (known.Count == 0)
        {
            return;
        }

        var (x, means, deviations) = (known.Select(point => point.X).ToArray(), known.Select(point => point.Mean).ToArray(), known.Select(point => point.Deviation ?? 0).ToArray());
        if (!isDashed && deviations.Any(deviation => deviation > 0))
        {
            plot.Add.ErrorBar(x, means, deviations).Color = colour;
        }

        var line = plot.Add.Scatter(x, means, colour);
        (line.LinePattern, line.LineWidth, line.MarkerSize) = (isDashed ? LinePattern.Dashed : LinePattern.Solid, 2, isDashed ? 0 : 8);
        if (isDashed)
        {
            var name = plot.Add.Text("untrained", x[0], means[0]);
            (name.LabelFontColor, name.LabelFontName, name.LabelAlignment, name.OffsetY) = (colour, VectorImage.Typeface, Alignment.UpperLeft, 4);
        }
    }

    /// <summary>Where values stand on the axis: by their logarithms, evenly where they are powers; by size; words one after another.</summary>
    internal static double[] Places(IReadOnlyList<string> values)
    {
        var numbers = values.Select(SweepPlan.Number).OfType<double>().ToArray();
        return numbers.Length < values.Count ? [.. values.Select((_, i) => (double)i)]
            : numbers.Min() > 0 && numbers.Max() / numbers.Min() >= FarApart ? [.. numbers.Select(Math.Log2)]
            : numbers;
    }

    private sealed record Figure(string Label, Func<CellOutcome, double?> Trained, Func<CellOutcome, double?> Untrained);
}
