using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Clamp.Losses.Training;
using Microsoft.Extensions.Configuration;

namespace Clamp.Losses.Samples.Configuration;

/// <summary>One source of settings, such as a file or the environment.</summary>
public sealed partial class ConfigurationLayer
{
    /// <summary>What the names of environment variables begin with that hold settings.</summary>
    public const string EnvironmentPrefix = "CLAMP_";

    private readonly Func<string, string> _label;

    private ConfigurationLayer(IConfiguration configuration, Func<string, string> label)
    {
        _label = label;
        Values = configuration.AsEnumerable()
            .Where(pair => pair.Value is not null || IsUnset(configuration.GetSection(pair.Key)))
            .GroupBy(pair => ListIndex().Replace(pair.Key, ""), StringComparer.OrdinalIgnoreCase)
            .ToDictionary(item => item.Key, JoinedList, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The values by key, such as Clamp:RadiusScale; a list is one value, its items with spaces between them.</summary>
    public IReadOnlyDictionary<string, string> Values { get; }

    /// <summary>The settings of a JSON file; comments are allowed.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The layer.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no JSON object, or has a key twice.</exception>
    public static ConfigurationLayer FromFile(string path)
    {
        using var file = File.OpenRead(path);
        return FromJson(file, path);
    }

    /// <summary>The settings of JSON text; comments are allowed.</summary>
    /// <param name="json">The text in UTF-8.</param>
    /// <param name="name">What a message calls it.</param>
    /// <returns>The layer.</returns>
    /// <exception cref="InvalidDataException">It is no JSON object, or has a key twice.</exception>
    public static ConfigurationLayer FromJson(Stream json, string name)
    {
        try
        {
            return new(new ConfigurationBuilder().AddJsonStream(json).Build(), key => $"{name}: {key}");
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            throw new InvalidDataException($"'{name}' is no JSON of settings: {e.Message}", e);
        }
    }

    /// <summary>The settings of options, as a run stores them.</summary>
    /// <param name="options">The options.</param>
    /// <returns>The layer.</returns>
    public static ConfigurationLayer FromOptions(PretrainOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var json = new MemoryStream(Encoding.UTF8.GetBytes(options.ToJson()));
        return FromJson(json, "");
    }

    /// <summary>The environment variables that begin with CLAMP_; two underscores stand for a colon.</summary>
    /// <returns>The layer.</returns>
    public static ConfigurationLayer FromEnvironment() => new(
        new ConfigurationBuilder().AddEnvironmentVariables(EnvironmentPrefix).Build(),
        key => EnvironmentPrefix + key.Replace(":", "__", StringComparison.Ordinal));

    /// <summary>Settings by key; of two with one key the later counts.</summary>
    /// <param name="values">The settings.</param>
    /// <param name="label">What a message puts before a key.</param>
    /// <returns>The layer.</returns>
    public static ConfigurationLayer FromValues(IEnumerable<KeyValuePair<string, string?>> values, string label)
    {
        var last = values.GroupBy(pair => pair.Key, StringComparer.OrdinalIgnoreCase).Select(same => same.Last());
        return new(new ConfigurationBuilder().AddInMemoryCollection(last).Build(), key => label + key);
    }

    /// <summary>How a message names a key of this layer.</summary>
    /// <param name="key">The key.</param>
    /// <returns>The key with its source.</returns>
    public string Label(string key) => _label(key);

    /// <summary>Whether it is null in a file, rather than a group of settings, which has no value of its own.</summary>
    private static bool IsUnset(IConfigurationSection section) =>
        !section.GetChildren().Any()
        && (SettingKey.All.ContainsKey(section.Path) || !SettingKey.All.Keys.Any(key => key.StartsWith(section.Path + ":", StringComparison.OrdinalIgnoreCase)));

    private static string JoinedList(IEnumerable<KeyValuePair<string, string?>> items) =>
        string.Join(' ', items.OrderBy(item => IndexOf(item.Key)).Select(item => item.Value));

    private static int IndexOf(string key) => ListIndex().Match(key) is { Success: true } match ? int.Parse(match.ValueSpan[1..]) : -1;

    [GeneratedRegex(@":\d{1,6}$")]
    private static partial Regex ListIndex();
}
