using Clamp.Losses.Training;
using Microsoft.Extensions.Configuration;

namespace Clamp.Losses.Samples.Configuration;

/// <summary>Makes <see cref="RunOptions"/> from layers of settings over the built-in defaults.</summary>
public static class PretrainConfiguration
{
    /// <summary>Lays the layers over each other and checks the outcome.</summary>
    /// <param name="layers">The layers; of two that have a key the later one's value counts, and a list is replaced as a whole.</param>
    /// <returns>Valid options.</returns>
    /// <exception cref="ArgumentException">Keys are unknown or values cannot be used; the message lists every one.</exception>
    public static RunOptions Resolve(IEnumerable<ConfigurationLayer> layers)
    {
        ArgumentNullException.ThrowIfNull(layers);
        var faults = new List<string>();
        var options = Bound(Merged(layers, faults));
        faults.AddRange(options.Faults());
        return faults.Count == 0 ? options : throw new InvalidOptionsException(string.Join(Environment.NewLine, faults));
    }

    private static Dictionary<string, string> Merged(IEnumerable<ConfigurationLayer> layers, List<string> faults)
    {
        var merged = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (layer, given, value) in layers.SelectMany(layer => layer.Values, (layer, pair) => (layer, pair.Key, pair.Value)))
        {
            if (!SettingKey.All.TryGetValue(given, out var key))
            {
                faults.Add($"{layer.Label(given)} is no setting{Suggestion(given)}");
            }
            else if (value.Length == 0 && key.MayBeEmpty)
            {
                Unset(merged, key);
            }
            else if (key.Misfit(value) is { } allowed)
            {
                faults.Add($"{layer.Label(given)} is '{value}'; it must be {allowed}.");
            }
            else
            {
                merged[key.Path] = value;
            }
        }

        return merged;
    }

    private static string Suggestion(string wrong) =>
        SettingKey.Nearest(wrong) is { Count: > 0 } nearest ? $"; did you mean {string.Join(" or ", nearest)}?" : ".";

    private static void Unset(Dictionary<string, string> merged, SettingKey key)
    {
        foreach (var path in merged.Keys.Where(path => path.StartsWith(key.Path + ":", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            merged.Remove(path);
        }

        merged.Remove(key.Path);
    }

    private static RunOptions Bound(Dictionary<string, string> merged)
    {
        var defaults = new RunOptions();
        var normalisation = defaults.Normalisation;

        // The binder appends to a list that has items.
        var options = defaults with
        {
            Projection = merged.ContainsKey(nameof(RunOptions.Projection)) ? [] : defaults.Projection,
            Normalisation = new Normalisation
            {
                Mean = merged.ContainsKey(KeyOf(nameof(Normalisation.Mean))) ? [] : normalisation.Mean,
                StandardDeviation = merged.ContainsKey(KeyOf(nameof(Normalisation.StandardDeviation))) ? [] : normalisation.StandardDeviation,
            },
        };
        new ConfigurationBuilder().AddInMemoryCollection(merged.SelectMany(Expanded)).Build().Bind(options);
        return options;
    }

    private static string KeyOf(string part) => $"{nameof(RunOptions.Normalisation)}:{part}";

    private static IEnumerable<KeyValuePair<string, string?>> Expanded(KeyValuePair<string, string> setting) =>
        SettingKey.All[setting.Key].IsList
            ? SettingKey.Items(setting.Value).Select((item, index) => KeyValuePair.Create($"{setting.Key}:{index}", (string?)item))
            : [KeyValuePair.Create(setting.Key, (string?)setting.Value)];
}
