using System.Text.Encodings.Web;
using System.Text.Json;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Configuration;

/// <summary>Where a run's numbers come from, beside its settings: stored with it as provenance.json.</summary>
/// <param name="Preset">The preset it began with, if any.</param>
/// <param name="PaperPreset">The paper's preset that it is compared with: its own, or the one with the fewest differences.</param>
/// <param name="Differences">The settings that are not the paper's.</param>
/// <param name="Versions">The versions of what computed.</param>
public sealed record RunProvenance(
    string? Preset,
    string PaperPreset,
    IReadOnlyDictionary<string, SettingDifference> Differences,
    IReadOnlyDictionary<string, string> Versions)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The weights that the run began from, or null for those that its seed drew.</summary>
    public InitialWeights? Init { get; init; }

    /// <summary>The processes that began the run together.</summary>
    public int Processes { get; init; } = 1;

    /// <summary>The provenance of a run on this machine.</summary>
    /// <param name="options">The settings of the run.</param>
    /// <param name="preset">The preset it began with, or null.</param>
    /// <returns>The provenance.</returns>
    public static RunProvenance Of(RunOptions options, string? preset)
    {
        var run = Flat(options);
        var nearest = PresetFiles.OfThePaper
            .Select(name => (Name: name, Differences: SettingDifference.Between(OfPreset(name), run)))
            .OrderBy(paper => paper.Name == preset ? -1 : paper.Differences.Count)
            .First();
        return new RunProvenance(preset, nearest.Name, nearest.Differences, SoftwareVersions.Installed());
    }

    /// <summary>Writes provenance.json.</summary>
    /// <param name="folder">The run folder.</param>
    public void Save(RunFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        folder.Write("provenance.json", JsonSerializer.SerializeToUtf8Bytes(this, Json));
    }

    // Where the files lie is no matter of protocol; a preset, valid but for that, is bound as if it lay here.
    private static IReadOnlyDictionary<string, string> OfPreset(string name)
    {
        var place = KeyValuePair.Create(nameof(RunOptions.DataRoot), (string?)".");
        return Flat(PretrainConfiguration.Resolve([PresetFiles.Load(name), ConfigurationLayer.FromValues([place], "")]));
    }

    /// <summary>The settings by key, without the place of the files, which is no matter of protocol.</summary>
    private static IReadOnlyDictionary<string, string> Flat(RunOptions options) => ConfigurationLayer.FromOptions(options.Essentials()).Values;
}
