namespace Clamp.Losses.Training.Tests;

/// <summary>
/// torchvision takes an export with strict=True and computes the same features, and its own networks give the same features here. Both
/// sides compute in float32 in eval mode; the tolerance is 1e-5 of the features' norm, some twenty times the error of such sums.
/// </summary>
public sealed class TorchvisionExchangeTests(TorchvisionExchange exchange) : IClassFixture<TorchvisionExchange>
{
    private const double Tolerance = 1e-5;

    public static TheoryData<EncoderKind, bool, int> Outgoing => Theory(TorchvisionExchange.Outgoing);

    public static TheoryData<EncoderKind, bool, int> Incoming => Theory(TorchvisionExchange.Incoming);

    [SkippableTheory]
    [MemberData(nameof(Outgoing))]
    public void Export_LoadedStrictlyIntoTorchvision_HasTheSameFeatures(EncoderKind kind, bool smallStem, int stemPadding) =>
        Compare((kind, smallStem, stemPadding), outgoing: true);

    [SkippableTheory]
    [MemberData(nameof(Incoming))]
    public void Import_OfTorchvisionsOwnNetwork_HasTheSameFeatures(EncoderKind kind, bool smallStem, int stemPadding) =>
        Compare((kind, smallStem, stemPadding), outgoing: false);

    private void Compare((EncoderKind Kind, bool SmallStem, int StemPadding) network, bool outgoing)
    {
        Skip.If(exchange.Missing is not null, exchange.Missing);
        using var scope = torch.NewDisposeScope();
        using var unrecorded = torch.no_grad();
        var folder = exchange.Run(network, outgoing);
        using var encoder = RunFolder.Open<RunOptions>(folder.Path).Options.InitialEncoder(torch.CPU);
        folder.LoadEncoder(encoder);
        encoder.eval();

        var features = encoder.call(TorchvisionExchange.Batch(network.SmallStem));

        var expected = exchange.TorchvisionFeatures(network, outgoing);
        features.shape.Should().Equal(expected.shape);
        var error = (features - expected).norm().ToDouble() / expected.norm().ToDouble();
        error.Should().BeLessThan(Tolerance);
    }

    private static TheoryData<EncoderKind, bool, int> Theory((EncoderKind, bool, int)[] networks)
    {
        var data = new TheoryData<EncoderKind, bool, int>();
        foreach (var (kind, smallStem, stemPadding) in networks)
        {
            data.Add(kind, smallStem, stemPadding);
        }

        return data;
    }
}
