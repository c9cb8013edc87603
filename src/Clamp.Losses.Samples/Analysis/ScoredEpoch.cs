using System.Globalization;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Analysis;

/// <summary>What a run's scores.csv says of its state after an epoch, on held-out images.</summary>
/// <param name="Step">The step.</param>
/// <param name="LinearProbe">Accuracy of a linear probe, 0 to 1; null where it was not trained.</param>
/// <param name="NearestNeighbours">Accuracy of 20-NN, 0 to 1; null where it was not found.</param>
/// <param name="Figures">The paper's figures; null where they were not taken.</param>
internal sealed record ScoredEpoch(int Step, double? LinearProbe, double? NearestNeighbours, PaperFigures? Figures)
{
    /// <summary>Reads them; empty where the run was not scored in its course.</summary>
    /// <param name="folder">The run.</param>
    public static IReadOnlyList<ScoredEpoch> Read(RunFolder folder)
    {
        var file = Path.Combine(folder.Path, "scores.csv");
        if (!File.Exists(file))
        {
            return [];
        }

        // step,epoch,linear_probe,knn_20,paper_neighbours,paper_radius
        return [.. File.ReadLines(file).Skip(1).Select(line => line.Split(',')).Where(fields => fields.Length == 6).Select(fields =>
            new ScoredEpoch(
                int.Parse(fields[0], CultureInfo.InvariantCulture),
                Number(fields[2]),
                Number(fields[3]),
                Number(fields[4]) is { } neighbours && Number(fields[5]) is { } radius ? new PaperFigures(neighbours, radius) : null))];
    }

    private static double? Number(string text) => text.Length == 0 ? null : double.Parse(text, CultureInfo.InvariantCulture);
}
