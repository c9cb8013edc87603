using System.Text.Json.Nodes;
using CsCheck;

namespace Clamp.Losses.Training.Tests;

public sealed class RunFolderTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    private string Folder => Path.Combine(_temporary.Root.FullName, "run");

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Create_FolderWithFiles_RefusesAndKeepsThem()
    {
        Directory.CreateDirectory(Folder);
        File.WriteAllText(Path.Combine(Folder, "metrics.csv"), "earlier");

        var act = () => RunFolder.Create(Folder, new RunOptions());

        act.Should().Throw<IOException>().WithMessage($"*{Folder}*holds files already*");
        Directory.GetFiles(Folder).Should().ContainSingle();
        File.ReadAllText(Path.Combine(Folder, "metrics.csv")).Should().Be("earlier");
    }

    [Fact]
    public void Open_FinishedRun_RestoresOptionsAndEncoder()
    {
        var options = new RunOptions
        {
            Views = 7,
            Projection = [9, 5],
            Loss = LossKind.BarlowTwins,
            Chunk = 5,
            Clamp = new ClampLossOptions { RadiusScale = 3.25 },
        };
        using var saved = Encoders.Create(EncoderKind.Tiny);
        RunFolder.Create(Folder, options).SaveEncoder(saved);
        using var loaded = Encoders.Create(EncoderKind.Tiny);

        var (folder, restored) = RunFolder.Open<RunOptions>(Folder);
        folder.LoadEncoder(loaded);

        restored.Should().BeEquivalentTo(options);
        loaded.parameters().Last().data<float>().ToArray().Should().Equal(saved.parameters().Last().data<float>().ToArray());
        loaded.parameters().First().data<float>().ToArray().Should().Equal(saved.parameters().First().data<float>().ToArray());
    }

    [Fact]
    public void Open_FolderWithoutEncoder_NamesTheFile()
    {
        RunFolder.Create(Folder, new RunOptions());

        var act = () => RunFolder.Open<RunOptions>(Folder);

        act.Should().Throw<FileNotFoundException>().WithMessage("*encoder.dat*does not exist*");
    }

    [Fact]
    public void Open_DamagedConfig_NamesTheFile()
    {
        using var encoder = Encoders.Create(EncoderKind.Tiny);
        RunFolder.Create(Folder, new RunOptions()).SaveEncoder(encoder);
        File.WriteAllText(Path.Combine(Folder, "config.json"), "{ \"Views\": ");

        var act = () => RunFolder.Open<RunOptions>(Folder);

        act.Should().Throw<InvalidDataException>().WithMessage("*config.json*damaged*");
    }

    [Theory]
    [InlineData("null", "an object of settings")]
    [InlineData("""{ "Views": 4 }""", "BatchSize")]
    public void Open_ConfigWithoutItsSettings_NamesThem(string config, string missing)
    {
        using var encoder = Encoders.Create(EncoderKind.Tiny);
        RunFolder.Create(Folder, new RunOptions()).SaveEncoder(encoder);
        File.WriteAllText(Path.Combine(Folder, "config.json"), config);

        var act = () => RunFolder.Open<RunOptions>(Folder);

        act.Should().Throw<InvalidDataException>().WithMessage($"*config.json*lacks*{missing}*");
    }

    [Fact]
    public void Open_ConfigOfBeforeSplitProducts_HasThemOff()
    {
        var folder = RunFolder.Create(Folder, new RunOptions());
        var config = JsonNode.Parse(File.ReadAllText(folder.ConfigFile))!;
        config["Clamp"]!.AsObject().Remove("SplitProducts").Should().BeTrue();
        File.WriteAllText(folder.ConfigFile, config.ToJsonString());

        folder.ReadOptions<RunOptions>().Clamp.SplitProducts.Should().BeFalse();
    }

    [Fact]
    public void Open_ConfigWithNullForASection_NamesIt()
    {
        var folder = RunFolder.Create(Folder, new RunOptions());
        var config = JsonNode.Parse(File.ReadAllText(folder.ConfigFile))!;
        (config["Clamp"], config["Augmentation"]!["Hue"]) = (null, 0);
        config["Augmentation"]!.AsObject().Remove("Contrast");
        File.WriteAllText(folder.ConfigFile, config.ToJsonString());

        folder.Invoking(run => run.ReadOptions<RunOptions>()).Should().Throw<InvalidDataException>()
            .WithMessage("*it lacks Clamp, Augmentation:Contrast.");
    }

    [Fact]
    public void ReadOptions_OfAVersionWithoutLaterSettings_TakesThemForWhatItDid()
    {
        var folder = RunFolder.Create(Folder, new RunOptions());
        var config = JsonNode.Parse(File.ReadAllText(folder.ConfigFile))!.AsObject();
        foreach (var setting in new[] { "Normalisation", "EvaluationResize", "EvaluationInterpolation", "Init" })
        {
            config.Remove(setting).Should().BeTrue();
        }

        File.WriteAllText(folder.ConfigFile, config.ToJsonString());

        var options = folder.ReadOptions<RunOptions>();

        options.Normalisation.Mean.Should().Equal(0.5, 0.5, 0.5);
        options.Normalisation.StandardDeviation.Should().Equal(0.25, 0.25, 0.25);
        (options.EvaluationResize, options.EvaluationInterpolation, options.Init).Should().Be((0, Interpolation.Bilinear, null));
    }

    [Fact]
    public void Create_WhereARunWasKilledBeforeItsSettingsWereStored_Succeeds()
    {
        Directory.CreateDirectory(Folder);
        foreach (var left in new[] { "run.lock", "run.pid", "config.json.tmp", "initial.dat" })
        {
            File.WriteAllText(Path.Combine(Folder, left), "{");
        }

        RunFolder.Create(Folder, new RunOptions()).ReadOptions<RunOptions>().Should().BeEquivalentTo(new RunOptions());
    }

    [Fact]
    public void Create_WhileAnotherRunBeginsThere_IsRefused()
    {
        using var first = RunFolder.Create(Folder, new RunOptions { Views = 3 }).Lock();
        File.Delete(Path.Combine(Folder, "config.json"));

        var act = () => RunFolder.Create(Folder, new RunOptions());

        act.Should().Throw<IOException>().WithMessage("*another process*");
    }

    [Fact]
    public void Lock_AfterTheFirstHasEnded_IsGivenAndItsFileStays()
    {
        var folder = RunFolder.Create(Folder, new RunOptions());
        folder.Lock().Dispose();

        folder.Lock().Dispose();

        File.Exists(Path.Combine(Folder, "run.lock")).Should().BeTrue("who opened it before it was removed would lock another file");
    }

    [Fact]
    public void LoadEncoder_AnyByteChanged_NamesTheFile()
    {
        using var encoder = ResNet.Tiny(width: 1);
        var folder = RunFolder.Create(Folder, new RunOptions());
        folder.SaveEncoder(encoder);
        var whole = File.ReadAllBytes(folder.EncoderWeights);

        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte[1, 255]).Sample(
            (position, change) =>
            {
                var damaged = whole.ToArray();
                damaged[position] ^= change;
                File.WriteAllBytes(folder.EncoderWeights, damaged);
                folder.Invoking(run => run.LoadEncoder(encoder)).Should().Throw<InvalidDataException>()
                    .WithMessage($"'{folder.EncoderWeights}' is damaged*");
            },
            iter: 100,
            threads: 1);
    }

    [Fact]
    public void LoadEncoder_OfAnotherArchitecture_NamesTheFile()
    {
        using var tiny = ResNet.Tiny();
        using var other = ResNet.ResNet18(smallStem: true);
        var folder = RunFolder.Create(Folder, new RunOptions());
        folder.SaveEncoder(tiny);

        folder.Invoking(run => run.LoadEncoder(other)).Should().Throw<InvalidDataException>()
            .WithMessage($"'{folder.EncoderWeights}' does not hold the weights of a ResNet18:*");
    }

    [Fact]
    public void SaveEncoder_NotANumber_IsRefusedAndTheEarlierOneKept()
    {
        using var encoder = ResNet.Tiny(width: 1);
        var folder = RunFolder.Create(Folder, new RunOptions());
        folder.SaveEncoder(encoder);
        var earlier = File.ReadAllBytes(folder.EncoderWeights);
        Spoil(encoder);

        folder.Invoking(run => run.SaveEncoder(encoder)).Should().Throw<TrainingDivergedException>().WithMessage("layer3.0*NaN*");

        File.ReadAllBytes(folder.EncoderWeights).Should().Equal(earlier);
    }

    [Fact]
    public void LoadEncoder_NotANumber_NamesTheFile()
    {
        using var encoder = ResNet.Tiny(width: 1);
        var folder = RunFolder.Create(Folder, new RunOptions());
        Spoil(encoder);
        HashedFile.Write(folder.EncoderWeights, stream =>
        {
            using var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true);
            encoder.save(writer);
        });

        folder.Invoking(run => run.LoadEncoder(encoder)).Should().Throw<InvalidDataException>()
            .WithMessage($"'{folder.EncoderWeights}' holds NaN or infinite values in layer3.0*");
    }

    private static void Spoil(ResNet encoder)
    {
        using var unrecorded = torch.no_grad();
        encoder.state_dict()["layer3.0.bn2.bias"][0] = torch.tensor(float.NaN);
    }
}
