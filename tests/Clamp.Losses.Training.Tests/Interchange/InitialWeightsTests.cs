namespace Clamp.Losses.Training.Tests;

public sealed class InitialWeightsTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    private string File => _temporary.PathOf("weights.safetensors");

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Load_OfTorchvisionsLayout_FillsTheEncoderAndPassesTheClassifierOver()
    {
        using var given = Write(tensors =>
        {
            tensors["fc.weight"] = torch.zeros(10, 64);
            foreach (var counter in tensors.Keys.Where(name => name.EndsWith("num_batches_tracked", StringComparison.Ordinal)).ToList())
            {
                tensors.Remove(counter);
            }
        });
        using var encoder = ResNet.Tiny();

        var init = InitialWeights.Load(File, encoder);

        SameWeights(encoder, given);
        init.PassedOver.Should().Equal("fc.weight");
        (init.File, init.Normalisation).Should().Be(("weights.safetensors", null));
        init.Sha256.Should().Be(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.IO.File.ReadAllBytes(File))));
    }

    [Fact]
    public void Load_OfAnExport_KnowsItsNormalisation()
    {
        using var given = ResNet.Tiny();
        EncoderFile.Write(File, given, new RunOptions { Normalisation = Normalisation.Named["cifar10"] });
        using var encoder = ResNet.Tiny();

        InitialWeights.Load(File, encoder).Normalisation.Should().Be(Normalisation.Named["cifar10"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Load_OfARun_FillsTheEncoder(bool folder)
    {
        using var given = ResNet.Tiny();
        var run = RunFolder.Create(_temporary.PathOf("run"), new RunOptions());
        run.SaveEncoder(given);
        using var encoder = ResNet.Tiny();

        var init = InitialWeights.Load(folder ? run.Path : run.EncoderWeights, encoder);

        SameWeights(encoder, given);
        init.File.Should().Be("encoder.dat");
    }

    [Fact]
    public void Load_OfTensorsThatDoNotFit_NamesThemInALineAndFillsNothing()
    {
        Write(tensors =>
        {
            tensors.Remove("conv1.weight");
            tensors["layer9.weight"] = torch.zeros(3);
            tensors["bn1.weight"] = torch.zeros(17);
        }).Dispose();
        using var encoder = ResNet.Tiny();
        var before = encoder.state_dict()["bn1.bias"].bytes.ToArray();

        var load = () => InitialWeights.Load(File, encoder);

        load.Should().Throw<InvalidDataException>().WithMessage(
            $"'{File}' does not fit a Tiny of this stem: bn1.weight has shape [17]; it must be [16]; conv1.weight is missing; layer9.weight is unexpected.");
        encoder.state_dict()["bn1.bias"].bytes.ToArray().Should().Equal(before);
    }

    [Theory]
    [InlineData(true, "* The weights are those of the small stem: --set SmallStem=true.")]
    [InlineData(false, "* The weights are those of ImageNet's stem: --set SmallStem=false.")]
    public void Load_OfTheOtherStem_SaysWhatToSet(bool small, string advice)
    {
        using var given = ResNet.Tiny(smallStem: small);
        SafetensorsFile.Write(File, given.state_dict(), new Dictionary<string, string>());
        RunFolder.Create(_temporary.PathOf("run"), new RunOptions { SmallStem = small }).SaveEncoder(given);
        using var encoder = ResNet.Tiny(smallStem: !small);

        foreach (var path in new[] { File, _temporary.PathOf("run") })
            FluentActions.Invoking(() => InitialWeights.Load(path, encoder)).Should().Throw<InvalidDataException>().WithMessage(advice);
    }

    [Fact]
    public void Load_OfAnotherArchitecture_CountsWhatItDoesNotName()
    {
        Write(_ => { }).Dispose();
        using var encoder = ResNet.ResNet18(smallStem: true);

        var load = () => InitialWeights.Load(File, encoder);

        load.Should().Throw<InvalidDataException>().WithMessage("*does not fit a ResNet18*; and * more.").Which.Message.Should().NotContain("\n");
    }

    [Fact]
    public void Load_OfAnotherRunsArchitecture_NamesTheFile()
    {
        using var given = ResNet.Tiny();
        RunFolder.Create(_temporary.PathOf("run"), new RunOptions()).SaveEncoder(given);
        using var encoder = ResNet.ResNet18(smallStem: true);

        var load = () => InitialWeights.Load(_temporary.PathOf("run"), encoder);

        load.Should().Throw<InvalidDataException>().WithMessage("*encoder.dat' does not hold the weights of a ResNet18*");
    }

    private static void SameWeights(ResNet actual, ResNet expected)
    {
        var weights = expected.state_dict();
        foreach (var (name, value) in actual.state_dict())
        {
            value.bytes.ToArray().Should().Equal(weights[name].bytes.ToArray(), name);
        }
    }

    private ResNet Write(Action<Dictionary<string, torch.Tensor>> change)
    {
        var encoder = ResNet.Tiny();
        using var scope = torch.NewDisposeScope();
        var tensors = encoder.state_dict();
        change(tensors);
        SafetensorsFile.Write(File, tensors, new Dictionary<string, string>());
        return encoder;
    }
}
