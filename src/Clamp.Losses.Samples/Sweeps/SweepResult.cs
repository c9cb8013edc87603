using System.Globalization;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Sweeps;

/// <summary>A sweep and what became of its cells so far.</summary>
/// <param name="Plan">What it trains.</param>
/// <param name="Outcomes">What became of each cell, by its name.</param>
internal sealed record SweepResult(SweepPlan Plan, IReadOnlyDictionary<string, CellOutcome> Outcomes)
{
    /// <summary>The columns of the tables after the setting's.</summary>
    public static IReadOnlyList<string> Columns { get; } =
        ["trainings", "linear probe, % (untrained)", "20-NN, % (untrained)", "loss", "contacts", "radius", "packing", "seconds"];

    /// <summary>The rows of a setting: its values in order, each with <see cref="Columns"/> as mean, and deviation where there are several cells.</summary>
    /// <param name="setting">The setting.</param>
    public IEnumerable<IReadOnlyList<string>> Rows(VariedSetting setting) =>
        Plan.ByValue(setting).Select(group => (IReadOnlyList<string>)[
            group.Value == Plan.BaseValue(setting) ? $"{group.Value} (base)" : group.Value, .. Figures([.. group.Cells.Select(cell => Outcomes[cell.Name])])]);

    /// <summary>Mean and standard deviation of a sample, which one number does not have; null of none.</summary>
    /// <param name="values">The numbers; null where there is none.</param>
    public static (double Mean, double? Deviation)? Spread(IEnumerable<double?> values)
    {
        var known = values.OfType<double>().ToList();
        if (known.Count == 0)
        {
            return null;
        }

        var mean = known.Average();
        return (mean, known.Count == 1 ? null : Math.Sqrt(known.Sum(value => (value - mean) * (value - mean)) / (known.Count - 1)));
    }

    private static IEnumerable<string> Figures(List<CellOutcome> cells)
    {
        var finished = cells.Where(cell => cell.State == CellState.Finished).ToList();
        yield return finished.Count == cells.Count ? $"{cells.Count}" : $"{finished.Count} of {cells.Count}";
        string Text(Func<CellOutcome, double?> figure, string format) => Describe(Spread(finished.Select(figure)), format);
        string Mean(Func<CellOutcome, double?> figure, string format) => Describe(Spread(finished.Select(figure)) is var (mean, _) ? (mean, null) : null, format);
        string Score(Func<EncoderScore, double?> figure) =>
            Text(cell => cell.Report?.Pretrained is { } score ? 100 * figure(score) : null, "F1") is { Length: > 0 } trained
                ? $"{trained} ({Mean(cell => cell.Report?.Untrained is { } score ? 100 * figure(score) : null, "F1")})"
                : "";
        yield return Score(score => score.LinearProbe);
        yield return Score(score => score.NearestNeighbours);
        yield return Text(cell => cell.End?.Loss, "F2");
        yield return Text(cell => cell.End?.MeanContacts, "F1");
        yield return Text(cell => cell.End?.MeanRadius, "F3");
        yield return string.Join(", ", cells.Select(Packing).Where(text => text.Length > 0).Distinct());
        yield return Mean(cell => cell.End?.Seconds, "F0");
    }

    private static string Packing(CellOutcome cell) => cell.State switch
    {
        CellState.Failed => "failed",
        CellState.Finished => cell.End is { } end ? Words(end.Verdict) : "",
        _ => "not finished",
    };

    private static string Words(PackingVerdict verdict) =>
        string.Concat($"{verdict}".Select((letter, i) => char.IsUpper(letter) ? (i > 0 ? " " : "") + char.ToLowerInvariant(letter) : $"{letter}"));

    private static string Describe((double Mean, double? Deviation)? spread, string format) => spread is not var (mean, deviation) ? ""
        : mean.ToString(format, CultureInfo.InvariantCulture) + (deviation is { } known ? $" \u00b1 {known.ToString(format, CultureInfo.InvariantCulture)}" : "");
}
