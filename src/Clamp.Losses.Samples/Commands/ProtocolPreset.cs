using System.CommandLine;
using System.Text.Json;
using Clamp.Losses.Samples.Configuration;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Commands;

/// <summary>The option that chooses a preset of an evaluation's protocol.</summary>
/// <typeparam name="TProtocol">The protocol.</typeparam>
/// <param name="command">The command, which has a folder of presets.</param>
internal sealed class ProtocolPreset<TProtocol>(string command)
    where TProtocol : class, new()
{
    public Option<string?> Option { get; } = new("--preset")
    {
        Description = $"The protocol to begin with: {string.Join(", ", PresetFiles.NamesOf(command))}; other options change it.",
        HelpName = "NAME",
    };

    /// <summary>The protocol that is given, or the defaults.</summary>
    public TProtocol Of(ParseResult arguments) =>
        arguments.GetValue(Option) is { } name ? PresetFiles.LoadProtocol<TProtocol>(command, name) : new TProtocol();

    /// <summary>The name of the preset that is given, and what a protocol has in place of its values; null without one.</summary>
    public string? Told(ParseResult arguments, TProtocol protocol)
    {
        var changed = SettingDifference.Between(Flat(Of(arguments)), Flat(protocol)).Select(setting =>
            $"{setting.Key} {setting.Value.Run ?? "none"} in place of {setting.Value.Paper ?? "none"}");
        return arguments.GetValue(Option) is { } name ? string.Join(", ", changed.Prepend(name)) : null;
    }

    private static IReadOnlyDictionary<string, string> Flat(TProtocol protocol)
    {
        using var json = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(protocol, ResultFile.Format));
        return ConfigurationLayer.FromJson(json, "").Values.Where(setting => setting.Value.Length > 0).ToDictionary();
    }
}
