namespace Clamp.Losses.Training.Tests;

/// <summary>Takes encoders to torchvision and back, all in one Python process, which is slow to start.</summary>
public sealed class TorchvisionExchange : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    public TorchvisionExchange()
    {
        foreach (var network in Outgoing)
        {
            Export(network);
        }

        SafetensorsFile.Write(Images(smallStem: true), new Dictionary<string, torch.Tensor> { ["images"] = Batch(true) }, Nothing);
        SafetensorsFile.Write(Images(smallStem: false), new Dictionary<string, torch.Tensor> { ["images"] = Batch(false) }, Nothing);
        var jobs = Outgoing.Select(network => Job(network, true)).Concat(Incoming.Select(network => Job(network, false)));
        Missing = PythonScript.Run("torchvision_exchange.py", "torch and torchvision", jobs, _temporary);
    }

    public static (EncoderKind Kind, bool SmallStem, int StemPadding)[] Outgoing =>
        [(EncoderKind.ResNet18, false, 1), (EncoderKind.ResNet18, true, 2), (EncoderKind.ResNet34, true, 1), (EncoderKind.ResNet50, false, 1)];

    public static (EncoderKind Kind, bool SmallStem, int StemPadding)[] Incoming =>
        [(EncoderKind.ResNet18, true, 1), (EncoderKind.ResNet34, false, 1), (EncoderKind.ResNet50, true, 2)];

    /// <summary>Why nothing was exchanged; null when it was.</summary>
    public string? Missing { get; }

    private static Dictionary<string, string> Nothing => [];

    /// <summary>Images for a stem.</summary>
    public static torch.Tensor Batch(bool smallStem) => TestImages.Floats(4, smallStem ? 32 : 64, smallStem ? 32 : 64).sub(0.5).div(0.25);

    public void Dispose() => _temporary.Dispose();

    /// <summary>What torchvision computed.</summary>
    public torch.Tensor TorchvisionFeatures((EncoderKind, bool, int) network, bool outgoing) =>
        SafetensorsFile.Read(PathOf(network, outgoing, "features")).Tensors["features"];

    /// <summary>The run that was exported to torchvision, or a new one into which torchvision's weights are imported.</summary>
    public RunFolder Run((EncoderKind Kind, bool SmallStem, int StemPadding) network, bool outgoing)
    {
        var folder = PathOf(network, outgoing, "run");
        if (!outgoing)
        {
            var (encoder, options, _) = EncoderFile.Read(PathOf(network, outgoing, "safetensors"), network.Kind, network.StemPadding);
            using (encoder)
            {
                RunFolder.Create(folder, options).SaveEncoder(encoder);
            }
        }

        return RunFolder.Open<RunOptions>(folder).Folder;
    }

    private void Export((EncoderKind Kind, bool SmallStem, int StemPadding) network)
    {
        using var scope = torch.NewDisposeScope();
        var options = new RunOptions { Encoder = network.Kind, SmallStem = network.SmallStem, StemPadding = network.StemPadding };
        using var encoder = options.InitialEncoder(torch.CPU);
        encoder.call(Batch(network.SmallStem)); // in training mode: the running statistics become those of images
        var folder = PathOf(network, outgoing: true, "run");
        RunFolder.Create(folder, options).SaveEncoder(encoder);
        EncoderFile.Write(PathOf(network, outgoing: true, "safetensors"), encoder, options);
    }

    private object Job((EncoderKind Kind, bool SmallStem, int StemPadding) network, bool outgoing) => new
    {
        ToTorchvision = outgoing,
        Architecture = network.Kind.ToString().ToLowerInvariant(),
        network.SmallStem,
        network.StemPadding,
        Images = Images(network.SmallStem),
        Weights = PathOf(network, outgoing, "safetensors"),
        Features = PathOf(network, outgoing, "features"),
    };

    private string Images(bool smallStem) => _temporary.PathOf(smallStem ? "small.images" : "large.images");

    private string PathOf((EncoderKind Kind, bool SmallStem, int StemPadding) network, bool outgoing, string what) =>
        _temporary.PathOf($"{(outgoing ? "to" : "from")}-{network.Kind}-{network.SmallStem}-{network.StemPadding}.{what}");
}
