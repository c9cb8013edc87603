using Clamp.Losses.Training;
using ScottPlot;

namespace Clamp.Losses.Samples.Terminal;

/// <summary>Draws how loss, mean radius and mean contacts went over the steps, three panels one above the other.</summary>
public static class TrainingPlot
{
    private const int Width = 900;
    private const int Height = 900;

    /// <summary>Draws the plot.</summary>
    /// <param name="history">The steps, in order.</param>
    /// <returns>The bytes of a PNG file.</returns>
    public static byte[] Png(IReadOnlyList<StepMetrics> history)
    {
        ArgumentNullException.ThrowIfNull(history);
        var steps = history.Select(step => (double)step.Step).ToArray();
        var panels = new Multiplot();
        panels.AddPlots(3);
        Draw(panels.GetPlot(0), steps, history.Select(step => step.Loss), "loss", Colors.SteelBlue);
        Draw(panels.GetPlot(1), steps, history.Select(step => step.MeanRadius), "mean radius", Colors.SeaGreen);
        Draw(panels.GetPlot(2), steps, history.Select(step => step.MeanContacts), "mean contacts", Colors.IndianRed);
        panels.GetPlot(0).Title("pretraining");
        panels.GetPlot(2).XLabel("step");
        return panels.Render(Width, Height).GetImageBytes(ImageFormat.Png);
    }

    private static void Draw(Plot plot, double[] steps, IEnumerable<double> values, string label, Color colour)
    {
        var line = plot.Add.ScatterLine(steps, values.ToArray(), colour);
        line.LineWidth = 2;
        plot.YLabel(label);
    }
}
