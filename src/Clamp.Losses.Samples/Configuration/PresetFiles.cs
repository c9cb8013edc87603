namespace Clamp.Losses.Samples.Configuration;

/// <summary>The presets: JSON files in the folder presets/ beside the program.</summary>
public static class PresetFiles
{
    private const string CpuSuffix = "-cpu";

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "presets");

    /// <summary>The names of the presets, in order.</summary>
    public static IReadOnlyList<string> Names =>
        [.. Directory.GetFiles(Folder, "*.json").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal)!];

    /// <summary>The presets that follow the paper, as opposed to the small ones for a CPU.</summary>
    public static IEnumerable<string> OfThePaper => Names.Where(name => !name.EndsWith(CpuSuffix, StringComparison.Ordinal));

    /// <summary>Reads a preset.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>Its settings.</returns>
    /// <exception cref="ArgumentException">There is no such preset.</exception>
    public static ConfigurationLayer Load(string name) => Names.Contains(name)
        ? ConfigurationLayer.FromFile(Path.Combine(Folder, name + ".json"))
        : throw new ArgumentException($"--preset is '{name}'; it must be one of {string.Join(", ", Names)}.");
}
