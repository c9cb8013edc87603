using Clamp.Losses.Samples.Analysis;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Tests.Analysis;

/// <summary>A small analysis for tests that look at what is drawn of it.</summary>
internal static class AnalyzedRuns
{
    /// <summary>Some classes of ten images each, or no labels at all.</summary>
    public static AnalysedRun Of(string runName, string className, bool hasLabels = true, int classes = 2)
    {
        var count = 10 * classes;
        var pixels = Enumerable.Range(0, count * 3 * 4 * 4).Select(i => (byte)(i * 7)).ToArray();
        string[] names = [className, .. Enumerable.Range(1, classes - 1).Select(i => $"another of the classes, number {i}")];
        var images = hasLabels
            ? new MemoryImages(pixels, [.. Enumerable.Range(0, count).Select(i => i % classes)], 4, 4, names)
            : new MemoryImages(pixels, 4, 4);
        var step = new StepMetrics(1, 1, 2, 0.1, 50, 3, 0.5, 0, 0.9, 5, PackingVerdict.InContact, new StepTimes(1, 1, 1, 1, 1), new ParameterNorms(1, 2, 3, 4));
        return new AnalysedRun(
            runName,
            new RunOptions(),
            new AnalysisOptions(),
            new AnalysedImages(images, "test images", images, null, images),
            [.. Enumerable.Range(1, 50).Select(number => step with { Step = number, Loss = 5.0 / number })],
            [],
            State(1, hasLabels, classes),
            State(2, hasLabels, classes),
            [new TileRow(className, [new Tile(Tile, "the image"), new Tile(Tile, className)])],
            [3, 12]);
    }

    private static string Tile => "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

    // The last image of each class is taken for one of the first.
    private static EncoderState State(int seed, bool hasLabels, int classes)
    {
        var random = new Random(seed);
        double[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextDouble())];
        using var labels = TorchSharp.torch.tensor(Enumerable.Range(0, 10 * classes).Select(i => (long)(i % classes)).ToArray());
        using var predictions = TorchSharp.torch.tensor(Enumerable.Range(0, 10 * classes).Select(i => i < 9 * classes ? (long)(i % classes) : 0).ToArray());
        double[] eigenvalues = [.. Enumerable.Range(1, 20).Select(rank => 1.0 / rank)];
        return new EncoderState
        {
            Eigenvalues = eigenvalues,
            PowerLaw = PowerLawFit.Of(eigenvalues, 2, 20),
            ParticipationRatio = 4,
            EffectiveRank = 5,
            Cosines = new PairDistribution(Numbers(90), hasLabels ? Numbers(100) : []),
            Distances = new PairDistribution(Numbers(90), hasLabels ? Numbers(100) : []),
            Orientations = new PairDistribution(Numbers(90), hasLabels ? Numbers(100) : []),
            Components = new PlaneMap(Numbers(10 * classes), Numbers(10 * classes)),
            ComponentShares = [0.5, 0.2],
            Neighbourhood = new PlaneMap(Numbers(10 * classes), Numbers(10 * classes)),
            Neighbours = [[0, 1, 2], [3, 4, 5]],
            Paper = new PaperFigures(7, 0.3),
            Probe = hasLabels ? new ProbeResult(new Accuracy(0.95, 1), 0.1, []) : null,
            Confusion = hasLabels ? ConfusionMatrix.Of(labels, predictions, classes) : null,
        };
    }
}
