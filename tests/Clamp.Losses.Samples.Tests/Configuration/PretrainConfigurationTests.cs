using System.Text;
using Clamp.Losses.Samples.Configuration;
using Clamp.Losses.Training;
using Clamp.Losses.Training.Tests;

namespace Clamp.Losses.Samples.Tests.Configuration;

public sealed class PretrainConfigurationTests
{
    [Fact]
    public void Resolve_NoLayers_GivesTheDefaults() => Resolve().Should().BeEquivalentTo(new RunOptions());

    [Fact]
    public void Resolve_EveryKindOfValue_IsBound()
    {
        var options = Resolve(Json("""
            {
              // Comments are allowed.
              "Dataset": "mnist", "DataRoot": "somewhere", "SmallStem": false, "Projection": [9, 8, 7], "WeightDecay": 1e-6,
              "Optimizer": "Lars", "Epochs": 12, "Clamp": { "Views": 4, "LogEnergy": false }, "AlternateAugmentation": { "Hue": 0.25 }
            }
            """));

        options.Should().BeEquivalentTo(new RunOptions
        {
            Dataset = DatasetKind.Mnist,
            DataRoot = "somewhere",
            SmallStem = false,
            Projection = [9, 8, 7],
            WeightDecay = 1e-6,
            Optimizer = OptimizerKind.Lars,
            Epochs = 12,
            Clamp = new ClampLossOptions { RadiusScale = 3, Views = 4, LogEnergy = false },
            AlternateAugmentation = new AugmentationOptions { Hue = 0.25 },
        });
    }

    [Fact]
    public void Resolve_KeyInTwoLayers_TakesTheLaterOnes()
    {
        var options = Resolve(
            Json("""{ "Epochs": 5, "Views": 6, "Clamp": { "RadiusScale": 7, "SizeWeight": 0.5 } }"""),
            Values(("epochs", "9"), ("CLAMP:radiusscale", "2")));

        (options.Epochs, options.Views, options.Clamp.RadiusScale, options.Clamp.SizeWeight).Should().Be((9, 6, 2, 0.5));
    }

    [Theory]
    [InlineData("16", new[] { 16 })]
    [InlineData("16 8", new[] { 16, 8 })]
    [InlineData("16,8, 4", new[] { 16, 8, 4 })]
    public void Resolve_ListInTwoLayers_TakesTheLaterOneAsAWhole(string text, int[] expected) =>
        Resolve(Json("""{ "Projection": [8192, 8192, 512] }"""), Values(("Projection", text))).Projection.Should().Equal(expected);

    [Fact]
    public void Resolve_LongList_KeepsItsOrder()
    {
        int[] widths = [.. Enumerable.Range(1, 12)];

        Resolve(Json($$"""{ "Projection": [{{string.Join(',', widths)}}] }""")).Projection.Should().Equal(widths);
    }

    [Fact]
    public void Resolve_NullThatIsNoSetting_IsRefused()
    {
        var act = () => Resolve(Json("""{ "Rate": null }"""));

        act.Should().Throw<ArgumentException>().WithMessage("*Rate is no setting*");
    }

    [Fact]
    public void Resolve_GroupWithoutSettings_ChangesNothing() =>
        Resolve(Json("""{ "Clamp": {} }""")).Should().BeEquivalentTo(new RunOptions());

    [Fact]
    public void Resolve_EmptyValue_UnsetsWhatIsOptional()
    {
        var options = Resolve(
            Json("""{ "DataRoot": "somewhere", "Clamp": { "Views": 4 }, "AlternateAugmentation": { "Hue": 0.25 } }"""),
            Json("""{ "DataRoot": null, "Clamp": { "Views": null } }"""),
            Values(("AlternateAugmentation", "")));

        options.Should().BeEquivalentTo(new RunOptions());
    }

    [Fact]
    public void Resolve_ConfigJsonOfARun_GivesItsOptions()
    {
        var options = new RunOptions
        {
            Dataset = DatasetKind.ImageFolder,
            DataRoot = "somewhere",
            Encoder = EncoderKind.ResNet50,
            Projection = [4, 3, 2],
            LearningRate = 0.1 + 0.2,
            LearningRateScaling = LearningRateScaling.SquareRoot,
            AlternateAugmentation = new AugmentationOptions { SolarizeProbability = 0.2 },
        };

        Resolve(Json(options.ToJson())).Should().BeEquivalentTo(options);
    }

    [Fact]
    public void Resolve_ManyMistakes_ListsEveryOne()
    {
        var act = () => Resolve(
            Json("""{ "Epocs": 5, "BatchSize": 2, "Clamp": { "RadiusScale": -1 }, "Augmentation": { "Hue": 0.9 } }"""),
            Values(
                ("Views", "several"), ("Loss", "7"), ("SmallStem", "perhaps"), ("LearningRate", ""), ("Projection", "8 x"),
                ("AlternateAugmentation", "strong"), ("Momentum", "1")));

        var lines = act.Should().Throw<ArgumentException>().Which.Message.Split(Environment.NewLine);
        lines.Should().BeEquivalentTo(
            "test.json: Epocs is no setting; did you mean Epochs?",
            "> Views is 'several'; it must be a whole number.",
            "> Loss is '7'; it must be one of Clamp, NtXent, VicReg, BarlowTwins, Mmcr, AlignmentUniformity.",
            "> SmallStem is 'perhaps'; it must be true or false.",
            "> LearningRate is ''; it must be a number.",
            "> Projection is '8 x'; it must be whole numbers with spaces or commas between them.",
            "> AlternateAugmentation is 'strong'; it must be empty, or set by its parts, such as AlternateAugmentation:CropScaleMin.",
            "BatchSize is 2; it must be at least 4.",
            "Momentum is 1; it must be from 0 to below 1.",
            "Clamp: RadiusScale is -1; it must be from 0.01 to 1000.",
            "Augmentation: Hue is 0.9; it must be from 0 to 0.5.");
    }

    [Fact]
    public void Resolve_ANormalisation_ReplacesItsListsAsAWhole()
    {
        var options = Resolve(
            Json("""{ "Normalisation": { "Mean": [0.1, 0.2, 0.3], "StandardDeviation": [0.4, 0.5, 0.6] } }"""),
            Values(("Normalisation:StandardDeviation", "0.7 0.8 0.9")));

        options.Normalisation.Mean.Should().Equal(0.1, 0.2, 0.3);
        options.Normalisation.StandardDeviation.Should().Equal(0.7, 0.8, 0.9);
    }

    [Fact]
    public void Resolve_ANormalisationOfTwoChannels_IsRefused()
    {
        var act = () => Resolve(Values(("Normalisation:Mean", "0.1 x"), ("Normalisation:StandardDeviation", "1 1")));

        act.Should().Throw<ArgumentException>().Which.Message.Split(Environment.NewLine).Should().BeEquivalentTo(
            "> Normalisation:Mean is '0.1 x'; it must be numbers with spaces or commas between them.",
            "Normalisation: StandardDeviation is 1,1; it must be three numbers from 0.001 to 10, of red, green and blue.");
    }

    [Theory]
    [InlineData("RadiusScale", "; did you mean Clamp:RadiusScale?")]
    [InlineData("clamp:radius-scale", "; did you mean Clamp:RadiusScale?")]
    [InlineData("Hue", "; did you mean Augmentation:Hue or AlternateAugmentation:Hue?")]
    [InlineData("SectionName", ".")]
    public void Resolve_UnknownKey_NamesTheNearest(string key, string suggestion)
    {
        var act = () => Resolve(Values((key, "1")));

        act.Should().Throw<ArgumentException>().WithMessage($"> {key} is no setting{suggestion}");
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("{ \"Epochs\": ")]
    [InlineData("{ \"Epochs\": 1, \"epochs\": 2 }")]
    public void FromFile_NoJsonOfSettings_NamesTheFile(string content)
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Root.FullName, "mine.json");
        File.WriteAllText(file, content);

        var act = () => ConfigurationLayer.FromFile(file);

        act.Should().Throw<InvalidDataException>().WithMessage("*mine.json*is no JSON of settings*");
    }

    private static RunOptions Resolve(params ConfigurationLayer[] layers) => PretrainConfiguration.Resolve(layers);

    private static ConfigurationLayer Json(string text) =>
        ConfigurationLayer.FromJson(new MemoryStream(Encoding.UTF8.GetBytes(text)), "test.json");

    private static ConfigurationLayer Values(params (string Key, string Value)[] values) =>
        ConfigurationLayer.FromValues(values.Select(value => KeyValuePair.Create(value.Key, (string?)value.Value)), "> ");
}
