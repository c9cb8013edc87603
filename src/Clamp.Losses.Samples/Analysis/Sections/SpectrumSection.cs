using System.Globalization;
using ScottPlot;

namespace Clamp.Losses.Samples.Analysis.Sections;

/// <summary>In how many directions the features spread.</summary>
internal static class SpectrumSection
{
    public static ReportSection Section { get; } = new(
        "spectrum",
        "Eigenspectrum",
        "The variances of the features along their principal directions, as shares of all. The lines are power laws, each fitted over the ranks that it spans. The "
        + "participation ratio, (&Sigma; &lambda;)<sup>2</sup> / &Sigma; &lambda;<sup>2</sup>, says over how many directions the variance is spread.",
        Of);

    private static SectionPart Of(AnalysedRun run)
    {
        var plot = new Plot();
        Add(plot, "before", run.Before, ReportColours.Muted, MarkerShape.OpenCircle);
        Add(plot, "after", run.After, ReportColours.Blue, MarkerShape.FilledCircle);
        plot.XLabel("rank of the direction");
        plot.YLabel("share of the variance");
        Logarithmic(plot.Axes.Bottom);
        Logarithmic(plot.Axes.Left);
        plot.ShowLegend(Alignment.LowerLeft);
        return new SectionPart(
            [new ReportFigure("spectrum", "Eigenspectrum of the features before and after training", VectorImage.Of(plot, 560, 380))],
            string.Concat(run.States.Select(state => Told(state.Name, state.State))));
    }

    private static string Told(string name, EncoderState state) => string.Create(
        CultureInfo.InvariantCulture,
        $"<p>{char.ToUpperInvariant(name[0])}{name[1..]}: participation ratio {state.ParticipationRatio:F1} of {state.Eigenvalues.Count}; power law {state.PowerLaw}.</p>");

    private static void Add(Plot plot, string name, EncoderState state, Color colour, MarkerShape shape)
    {
        var total = state.Eigenvalues.Sum();

        // A share below 1e-10 is rounding.
        var shares = state.Eigenvalues.Select(value => value / total).TakeWhile(share => share > 1e-10).ToList();
        var points = plot.Add.Markers(shares.Select((_, i) => Math.Log10(i + 1)).ToArray(), shares.Select(Math.Log10).ToArray(), shape, 6, colour);
        points.LegendText = string.Create(CultureInfo.InvariantCulture, $"{name}: participation ratio {state.ParticipationRatio:F1}");
        var law = state.PowerLaw;
        if (double.IsFinite(law.Exponent) && total > 0)
        {
            double At(int rank) => Math.Log10(law.Factor / total) - law.Exponent * Math.Log10(rank);
            var line = plot.Add.Line(Math.Log10(law.FirstRank), At(law.FirstRank), Math.Log10(law.LastRank), At(law.LastRank));
            (line.Color, line.LineWidth) = (ReportColours.Orange, 2);
            line.LegendText = string.Create(CultureInfo.InvariantCulture, $"exponent {law.Exponent:F2}, ranks {law.FirstRank} to {law.LastRank}");
        }
    }

    private static void Logarithmic(IAxis axis) => axis.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic
    {
        IntegerTicksOnly = true,
        MinorTickGenerator = new ScottPlot.TickGenerators.LogMinorTickGenerator(),
        LabelFormatter = exponent => Math.Pow(10, exponent).ToString(exponent is >= -3 and <= 4 ? "0.###" : "0e0", CultureInfo.InvariantCulture),
    };
}
