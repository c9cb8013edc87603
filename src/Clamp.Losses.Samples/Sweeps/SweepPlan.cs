using System.Globalization;
using Clamp.Losses.Samples.Configuration;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Sweeps;

/// <summary>What a sweep trains.</summary>
/// <param name="Base">The settings around which it varies.</param>
/// <param name="Varied">What it varies.</param>
/// <param name="IsGrid">Whether it trains every combination, or varies one setting at a time, the others as in the base.</param>
/// <param name="Cells">The trainings, each once: all of one seed before those of the next.</param>
internal sealed record SweepPlan(RunOptions Base, IReadOnlyList<VariedSetting> Varied, bool IsGrid, IReadOnlyList<SweepCell> Cells)
{
    private const string Seed = nameof(RunOptions.Seed);

    /// <summary>Plans a sweep.</summary>
    /// <param name="options">The base.</param>
    /// <param name="varied">What to vary; of settings given twice, the values are joined.</param>
    /// <param name="isGrid">Whether to train every combination.</param>
    /// <param name="seeds">The seeds; each cell is trained with every one.</param>
    /// <param name="resolve">The base with a layer over it; throws where that is not valid.</param>
    /// <exception cref="InvalidOptionsException">Keys, values or combinations cannot be used; the message lists every one.</exception>
    public static SweepPlan Of(
        RunOptions options, IEnumerable<VariedSetting> varied, bool isGrid, IReadOnlyList<int> seeds, Func<ConfigurationLayer, RunOptions> resolve)
    {
        List<VariedSetting> settings =
        [
            .. varied.GroupBy(setting => setting.Key, StringComparer.OrdinalIgnoreCase)
                .Select(same => new VariedSetting(same.Key, [.. same.SelectMany(setting => setting.Values)])),
        ];
        var (cells, faults) = (new List<SweepCell>(), new List<string>());
        foreach (var given in seeds.SelectMany(_ => isGrid ? Grid(settings) : OneAtATime(settings), (seed, values) => (Seed: seed, Values: values)))
        {
            try
            {
                var layer = ConfigurationLayer.FromValues([KeyValuePair.Create(Seed, (string?)given.Seed.ToString(CultureInfo.InvariantCulture)), .. given.Values], "--vary ");
                cells.Add(Cell(options, resolve(layer), settings));
            }
            catch (InvalidOptionsException e)
            {
                var name = string.Join(", ", given.Values.Select(pair => $"{pair.Key}={pair.Value}"));
                faults.AddRange(e.Message.Split(Environment.NewLine).Select(fault => fault.StartsWith("--vary", StringComparison.Ordinal) ? fault : $"--vary {name}: {fault}"));
            }
        }

        return faults.Count == 0
            ? new SweepPlan(options, settings, isGrid, [.. cells.DistinctBy(cell => cell.Name)])
            : throw new InvalidOptionsException(string.Join(Environment.NewLine, faults.Distinct()));
    }

    /// <summary>The values of a setting in order, and the cells to compare them by: those that differ in nothing else but the seed, or all of a grid.</summary>
    /// <param name="setting">The setting.</param>
    public IReadOnlyList<(string Value, IReadOnlyList<SweepCell> Cells)> ByValue(VariedSetting setting)
    {
        var home = ValuesOf(Base, Varied);
        var groups = Cells
            .Where(cell => IsGrid || Varied.All(other => other.Key == setting.Key || cell.Values[other.Key] == home[other.Key]))
            .GroupBy(cell => cell.Values[setting.Key])
            .Select(group => (Value: group.Key, Cells: (IReadOnlyList<SweepCell>)[.. group]))
            .ToList();
        return groups.All(group => Number(group.Value) is not null) ? [.. groups.OrderBy(group => Number(group.Value))] : groups;
    }

    /// <summary>A value as a number, or null when it is none.</summary>
    public static double? Number(string value) => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>The base's value of a setting.</summary>
    public string BaseValue(VariedSetting setting) => ValuesOf(Base, [setting])[setting.Key];

    private static IEnumerable<KeyValuePair<string, string?>[]> OneAtATime(List<VariedSetting> varied) =>
        varied.SelectMany(setting => setting.Values, (setting, value) => new[] { KeyValuePair.Create(setting.Key, (string?)value) }).Prepend([]);

    private static IEnumerable<KeyValuePair<string, string?>[]> Grid(List<VariedSetting> varied) => varied.Aggregate(
        Enumerable.Repeat(Array.Empty<KeyValuePair<string, string?>>(), 1),
        (combinations, setting) => combinations.SelectMany(
            _ => setting.Values, (values, value) => values.Append(KeyValuePair.Create(setting.Key, (string?)value)).ToArray()));

    private static SweepCell Cell(RunOptions options, RunOptions resolved, List<VariedSetting> varied)
    {
        var (home, values) = (ValuesOf(options, varied), ValuesOf(resolved, varied));
        var differences = values.Where(pair => pair.Value != home[pair.Key] && pair.Key != Seed).OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => $"{pair.Key.Replace(':', '.')}={pair.Value}");
        string[] all = resolved.Seed == options.Seed ? [.. differences] : [.. differences, $"{Seed}={resolved.Seed}"];
        return new SweepCell(all.Length == 0 ? "base" : string.Join(',', all), resolved, values);
    }

    // A section, such as AlternateAugmentation, is there or not.
    private static Dictionary<string, string> ValuesOf(RunOptions options, IReadOnlyList<VariedSetting> varied)
    {
        var all = ConfigurationLayer.FromOptions(options).Values;
        return varied.ToDictionary(
            setting => setting.Key,
            setting => all.GetValueOrDefault(setting.Key)
                ?? (all.Keys.Any(key => key.StartsWith(setting.Key + ":", StringComparison.OrdinalIgnoreCase)) ? "set" : "none"));
    }
}
