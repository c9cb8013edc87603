using Clamp.Losses.Training;
using ScottPlot;

namespace Clamp.Losses.Samples.Analysis.Sections;

/// <summary>How the training went, from metrics.csv and scores.csv.</summary>
internal static class CurvesSection
{
    public static ReportSection Section { get; } = new(
        "curves",
        "Training",
        "Loss, radius, contacts and norms are those of the training's own batches, in training mode. Neighbours and radius by the paper's definitions are of one "
        + "augmented batch of held-out images, in eval mode: neighbours are nearer than 0.99 r<sub>s</sub> (r<sub>i</sub> + r<sub>j</sub>), without the loss's limit "
        + "d<sub>max</sub>; the radius is without r<sub>s</sub>. Only these may be laid over the paper's curves.",
        Of);

    private static SectionPart Of(AnalysedRun run)
    {
        var steps = run.Steps;
        var figures = new List<ReportFigure>
        {
            Curve("loss", "loss", steps, step => step.Loss),
            Curve("radius", "mean radius r (sphere: 1)", steps, step => step.MeanRadius),
            Curve("contacts", "mean contacts of a sub-manifold", steps, step => step.MeanContacts),
        };
        var paper = PaperPoints(run);
        if (paper.Count > 0)
        {
            figures.Add(Points("paper-neighbours", "neighbours, as in the paper", paper, figures => figures.Neighbours));
            figures.Add(Points("paper-radius", "mean radius, as in the paper", paper, figures => figures.Radius));
        }

        if (steps.Any(step => double.IsFinite(step.Norms.EncoderGradient)))
        {
            figures.Add(Curve("gradient-norm", "norm of the encoder's gradient", steps, step => step.Norms.EncoderGradient));
            figures.Add(Curve("weight-norm", "norm of the encoder's weights", steps, step => step.Norms.EncoderWeights));
        }

        return new SectionPart(figures, Told(run, paper));
    }

    private static string Told(AnalysedRun run, List<(int Step, PaperFigures Figures)> paper) =>
        (run.Scored.Any(scored => scored.Figures is not null) ? "" : "<p class=\"absent\">The paper's figures in between are kept by a run with --score-every 1.</p>")
        + (run.After.Paper is null && paper.Count > 0 ? "<p class=\"absent\">The projection head is not kept, so the paper's figures end with the last score.</p>" : "");

    /// <summary>Before the first step, after epochs that were scored, and after the last step.</summary>
    private static List<(int Step, PaperFigures Figures)> PaperPoints(AnalysedRun run)
    {
        var last = run.Steps[^1].Step;
        List<(int Step, PaperFigures Figures)> points = run.Before.Paper is { } first ? [(0, first)] : [];
        points.AddRange(
            from scored in run.Scored
            where scored.Figures is not null && (scored.Step < last || run.After.Paper is null)
            select (scored.Step, scored.Figures));
        return run.After.Paper is { } end ? [.. points, (last, end)] : points;
    }

    private static ReportFigure Curve(string name, string label, IReadOnlyList<StepMetrics> steps, Func<StepMetrics, double> value)
    {
        var known = steps.Where(step => double.IsFinite(value(step))).ToList();
        var plot = new Plot();
        var (x, y) = (known.Select(step => (double)step.Step).ToArray(), known.Select(value).ToArray());
        plot.Add.ScatterLine(x, y, ReportColours.Blue.WithAlpha(.35)).LineWidth = 1;
        var mean = plot.Add.ScatterLine(x, Smoothed(y), ReportColours.Blue);
        mean.LineWidth = 2.5f;
        return Finished(plot, name, label);
    }

    private static ReportFigure Points(string name, string label, List<(int Step, PaperFigures Figures)> points, Func<PaperFigures, double> value)
    {
        var plot = new Plot();
        var line = plot.Add.Scatter(points.Select(point => (double)point.Step).ToArray(), points.Select(point => value(point.Figures)).ToArray(), ReportColours.Orange);
        (line.LineWidth, line.MarkerSize) = (2, 7);
        plot.Axes.AutoScale();
        plot.Axes.SetLimitsY(0, points.Max(point => value(point.Figures)) * 1.08 + 1e-9);
        return Finished(plot, name, label);
    }

    private static ReportFigure Finished(Plot plot, string name, string label)
    {
        plot.XLabel("step");
        plot.YLabel(label);
        return new ReportFigure(name, $"{label} over the steps", VectorImage.Of(plot));
    }

    /// <summary>Each point's mean with those up to a fortieth of all before and after it.</summary>
    internal static double[] Smoothed(double[] values)
    {
        var reach = values.Length / 40;
        return [.. values.Select((_, i) => values[Math.Max(0, i - reach)..Math.Min(values.Length, i + reach + 1)].Average())];
    }
}
