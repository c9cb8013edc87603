using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Configuration;

/// <summary>The presets: JSON files in the folder presets/ beside the program.</summary>
public static class PresetFiles
{
    /// <summary>The presets with the paper's values; the others are smaller, or the user's own.</summary>
    public static IReadOnlyList<string> OfThePaper { get; } =
        ["cifar10", "imagenet100-4views", "imagenet100-8views", "imagenet1k-4views", "imagenet1k-8views"];

    /// <summary>The names of the presets, in order.</summary>
    public static IReadOnlyList<string> Names => Directory.Exists(Folder)
        ? [.. Directory.GetFiles(Folder, "*.json").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal)!]
        : [];

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "presets");

    /// <summary>Reads a preset.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>Its settings.</returns>
    /// <exception cref="ArgumentException">There is no such preset.</exception>
    public static ConfigurationLayer Load(string name) => Names.Contains(name)
        ? ConfigurationLayer.FromFile(Path.Combine(Folder, name + ".json"))
        : throw new InvalidOptionsException($"--preset is '{name}'; it must be one of {string.Join(", ", Names)}.");
}
