using System.Diagnostics;
using Clamp.Losses.Training;
using static TorchSharp.torch;

namespace Clamp.Losses.Benchmarks;

/// <summary>A step of the trainer itself, timed in turn with the same step in Python: network, batch, optimiser, loss, threads.</summary>
/// <param name="Encoder">The network, with the small stem.</param>
/// <param name="Precision">What its convolutions compute in.</param>
/// <param name="Images">B.</param>
/// <param name="Views">V.</param>
internal sealed record TrainingStep(EncoderKind Encoder, Precision Precision, int Images, int Views)
{
    private const int WarmUp = 2;
    private const int Side = 32;

    /// <summary>Trains on noise; a step in .NET, a step in Python, and again.</summary>
    /// <param name="rounds">How many of each, after two that do not count.</param>
    /// <exception cref="IOException">Python's step failed.</exception>
    /// <exception cref="InvalidDataException">Its encoder is another.</exception>
    public TrainingStepResult Measure(int rounds)
    {
        var options = new RunOptions
        {
            Encoder = Encoder,
            Precision = Precision,
            BatchSize = Images,
            Views = Views,
            ImageSize = Side,
            Epochs = WarmUp + rounds,
        };
        using var encoder = options.InitialEncoder(CPU);
        using var trainer = new Pretrainer(options, Noise(), encoder, encoder.FeatureWidth);
        using var python = PythonTrainingStep.Start(options, get_num_threads());
        ThrowIfNotTheSame(encoder, python);

        var (measured, clock) = (new List<TrainingStepRound>(), Stopwatch.StartNew());
        trainer.Run(metrics =>
        {
            measured.Add(new TrainingStepRound(clock.Elapsed.TotalSeconds, metrics.Times, python?.Step()));
            clock.Restart();
        });
        return new TrainingStepResult(this, measured[WarmUp..], python?.TorchVersion);
    }

    /// <summary>One batch of them, so that an epoch is a step.</summary>
    private MemoryImages Noise()
    {
        var pixels = new byte[Images * MemoryImages.Channels * Side * Side];
        new Random(1).NextBytes(pixels);
        return new MemoryImages(pixels, new int[Images], Side, Side, ["noise"]);
    }

    private static void ThrowIfNotTheSame(ResNet encoder, PythonTrainingStep? python)
    {
        var weights = encoder.parameters().Sum(weight => weight.numel());
        if (python is not null && python.EncoderWeights != weights)
        {
            throw new InvalidDataException($"Python's encoder has {python.EncoderWeights} weights, .NET's {weights}.");
        }
    }
}
