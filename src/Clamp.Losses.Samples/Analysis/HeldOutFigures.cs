using System.Globalization;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Analysis;

/// <summary>The paper's figures after some of a run's epochs, from its scores.csv.</summary>
/// <param name="Step">The step.</param>
/// <param name="Figures">The figures.</param>
internal sealed record HeldOutFigures(int Step, PaperFigures Figures)
{
    /// <summary>Reads them; empty where the run was not scored in its course.</summary>
    /// <param name="folder">The run.</param>
    public static IReadOnlyList<HeldOutFigures> Read(RunFolder folder)
    {
        var file = Path.Combine(folder.Path, "scores.csv");
        if (!File.Exists(file))
        {
            return [];
        }

        // step,epoch,linear_probe,knn_20,paper_neighbours,paper_radius
        return [.. File.ReadLines(file).Skip(1).Select(line => line.Split(',')).Where(fields => fields.Length == 6 && fields[4].Length > 0).Select(fields =>
            new HeldOutFigures(int.Parse(fields[0], CultureInfo.InvariantCulture), new PaperFigures(Number(fields[4]), Number(fields[5]))))];
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
