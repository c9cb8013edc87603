using System.Text.Json;
using System.Text.Json.Serialization;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Configuration;

/// <summary>The presets: JSON files in the folder presets/ beside the program.</summary>
public static class PresetFiles
{
    /// <summary>The presets with the paper's values; the others are smaller, or the user's own.</summary>
    public static IReadOnlyList<string> OfThePaper { get; } =
        ["cifar10", "imagenet100-4views", "imagenet100-8views", "imagenet1k-4views", "imagenet1k-8views"];

    private static readonly JsonSerializerOptions Strict = new(ResultFile.Format) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    /// <summary>The names of the presets of pretraining, in order.</summary>
    public static IReadOnlyList<string> Names => NamesOf("");

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "presets");

    /// <summary>The names of the presets of a command, in order.</summary>
    /// <param name="command">The command; empty for pretrain.</param>
    /// <returns>The names.</returns>
    public static IReadOnlyList<string> NamesOf(string command) => Directory.Exists(Path.Combine(Folder, command))
        ? [.. Directory.GetFiles(Path.Combine(Folder, command), "*.json").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal)!]
        : [];

    /// <summary>Reads a preset of an evaluation.</summary>
    /// <typeparam name="TProtocol">The protocol.</typeparam>
    /// <param name="command">The command that it is for.</param>
    /// <param name="name">Its name.</param>
    /// <returns>The protocol; what the preset does not say is as by default.</returns>
    /// <exception cref="InvalidOptionsException">There is no such preset.</exception>
    public static TProtocol LoadProtocol<TProtocol>(string command, string name)
    {
        if (!NamesOf(command).Contains(name))
        {
            throw Unknown(name, NamesOf(command));
        }

        using var file = File.OpenRead(Path.Combine(Folder, command, name + ".json"));
        return JsonSerializer.Deserialize<TProtocol>(file, Strict)!;
    }

    /// <summary>Reads a preset of pretraining.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>Its settings.</returns>
    /// <exception cref="ArgumentException">There is no such preset.</exception>
    public static ConfigurationLayer Load(string name) => Names.Contains(name)
        ? ConfigurationLayer.FromFile(Path.Combine(Folder, name + ".json"))
        : throw Unknown(name, Names);

    private static InvalidOptionsException Unknown(string name, IReadOnlyList<string> known) =>
        new($"--preset is '{name}'; it must be one of {string.Join(", ", known)}.");
}
