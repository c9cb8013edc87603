using System.Text.Json;
using Clamp.Losses.Samples.Configuration;
using Clamp.Losses.Training;
using Clamp.Losses.Training.Tests;

namespace Clamp.Losses.Samples.Tests.Configuration;

public sealed class RunProvenanceTests
{
    [Fact]
    public void Of_PresetOfThePaper_ListsWhatWasChanged()
    {
        var options = OfPreset("imagenet1k-8views", ("Projection", "512 64"), ("Views", "4"));

        var provenance = RunProvenance.Of(options, "imagenet1k-8views");

        provenance.PaperPreset.Should().Be("imagenet1k-8views", "it began there, near as imagenet1k-4views is now");
        provenance.Differences.Should().Equal(
            KeyValuePair.Create("Projection", new SettingDifference("8192 8192 512", "512 64")),
            KeyValuePair.Create("Views", new SettingDifference("8", "4")));
    }

    [Fact]
    public void Of_PlaceOfTheFiles_IsNoDifference() =>
        RunProvenance.Of(OfPreset("cifar10", ("DataRoot", "elsewhere")), "cifar10").Differences.Should().BeEmpty();

    [Theory]
    [InlineData("cifar10-cpu", "cifar10")]
    [InlineData("imagenet100-4views", "imagenet100-4views")]
    public void Of_NoPresetOfThePaper_ComparesWithTheNearest(string likeness, string expected)
    {
        var provenance = RunProvenance.Of(OfPreset(likeness), preset: null);

        provenance.Preset.Should().BeNull();
        provenance.PaperPreset.Should().Be(expected);
    }

    [Fact]
    public void Save_Defaults_WritesPresetDifferencesAndVersions()
    {
        using var folder = new TemporaryFolder();

        RunProvenance.Of(new RunOptions(), "shapes-cpu").Save(RunFolder.Create(folder.Root.FullName, new RunOptions()));

        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder.Root.FullName, "provenance.json")));
        json.RootElement.GetProperty("Preset").GetString().Should().Be("shapes-cpu");
        var scale = json.RootElement.GetProperty("Differences").GetProperty("Clamp:RadiusScale");
        (scale.GetProperty("Paper").GetString(), scale.GetProperty("Run").GetString()).Should().Be(("7", "3"));
        var versions = json.RootElement.GetProperty("Versions");
        versions.GetProperty("libtorch").GetString().Should().StartWith(torch.__version__).And.MatchRegex(@"^\d+\.\d+");
        versions.EnumerateObject().Select(version => version.Name).Should().Equal("Clamp.Losses", "TorchSharp", "libtorch", ".NET", "OS");
        versions.EnumerateObject().Select(version => version.Value.GetString()).Should()
            .OnlyContain(version => version!.Length > 3 && version != "unknown");
    }

    private static RunOptions OfPreset(string name, params (string Key, string Value)[] changes)
    {
        var values = changes.Select(change => KeyValuePair.Create(change.Key, (string?)change.Value))
            .Prepend(KeyValuePair.Create("DataRoot", (string?)"."));
        return PretrainConfiguration.Resolve([PresetFiles.Load(name), ConfigurationLayer.FromValues(values, "")]);
    }
}
