using System.Globalization;

namespace Clamp.Losses.Samples.Sweeps;

/// <summary>Writes sweep.csv: a line a cell.</summary>
internal static class SweepCsv
{
    private const string Figures =
        "seed,state,held_out_images,linear_probe_untrained,linear_probe,knn_20_untrained,knn_20,loss,mean_contacts,mean_radius,verdict,seconds,reason";

    /// <summary>The file.</summary>
    /// <param name="sweep">The sweep.</param>
    public static string Of(SweepResult sweep)
    {
        var keys = sweep.Plan.Varied.Select(setting => setting.Key).ToList();
        var lines = sweep.Plan.Cells.Select(cell => string.Join(',', [Quoted(cell.Name), .. keys.Select(key => Quoted(cell.Values[key])), .. Line(cell, sweep.Outcomes[cell.Name])]));
        return string.Join('\n', [string.Join(',', ["cell", .. keys, Figures]), .. lines]) + "\n";
    }

    private static IEnumerable<string> Line(SweepCell cell, CellOutcome outcome)
    {
        var (report, end) = (outcome.Report, outcome.End);
        yield return Text(cell.Options.Seed);
        yield return $"{outcome.State}";
        yield return Text(report?.HeldOutImages);
        yield return Text(report?.Untrained?.LinearProbe, "F6");
        yield return Text(report?.Pretrained?.LinearProbe, "F6");
        yield return Text(report?.Untrained?.NearestNeighbours, "F6");
        yield return Text(report?.Pretrained?.NearestNeighbours, "F6");
        yield return Text(end?.Loss, "G7");
        yield return Text(end?.MeanContacts, "G5");
        yield return Text(end?.MeanRadius, "G5");
        yield return $"{end?.Verdict}";
        yield return Text(end?.Seconds, "F1");
        yield return Quoted(outcome.Reason ?? "");
    }

    private static string Text(IFormattable? number, string? format = null) => number?.ToString(format, CultureInfo.InvariantCulture) ?? "";

    private static string Quoted(string text) => text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
