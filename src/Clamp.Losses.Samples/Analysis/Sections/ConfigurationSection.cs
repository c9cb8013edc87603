using System.Net;
using System.Text.Json;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Analysis.Sections;

/// <summary>What the run was made with.</summary>
internal static class ConfigurationSection
{
    public static ReportSection Section { get; } = new(
        "configuration", "Configuration", "The settings of the run, as its config.json has them.", Of);

    private static SectionPart Of(AnalysedRun run)
    {
        using var json = JsonDocument.Parse(run.Options.ToJson());
        var versions = SoftwareVersions.Installed().Select(version => Row(version.Key, version.Value));
        return new SectionPart([], $"<details open><summary>settings</summary><table>{string.Concat(Rows("", json.RootElement))}</table></details>"
            + $"<details><summary>what this report was made with</summary><table>{string.Concat(versions)}</table></details>");
    }

    private static IEnumerable<string> Rows(string prefix, JsonElement settings) => settings.EnumerateObject().SelectMany(setting =>
        setting.Value.ValueKind == JsonValueKind.Object ? Rows($"{prefix}{setting.Name}:", setting.Value) : [Row(prefix + setting.Name, Text(setting.Value))]);

    private static string Text(JsonElement value) => value.ValueKind == JsonValueKind.Array
        ? string.Join(", ", value.EnumerateArray().Select(Text))
        : value.ValueKind == JsonValueKind.Null ? "\u2013" : value.ToString();

    private static string Row(string name, string value) => $"<tr><td>{WebUtility.HtmlEncode(name)}</td><td class=\"text\">{WebUtility.HtmlEncode(value)}</td></tr>";
}
