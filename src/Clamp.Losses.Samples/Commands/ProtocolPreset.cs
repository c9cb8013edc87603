using System.CommandLine;
using Clamp.Losses.Samples.Configuration;

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
}
