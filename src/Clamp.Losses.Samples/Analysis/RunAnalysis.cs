using Clamp.Losses.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Analysis;

/// <summary>Looks at a finished run: at what it logged, and at its encoder before and after. Nothing is chosen on test images.</summary>
internal static class RunAnalysis
{
    private const int MostSteps = 2000;
    private const int MostQueries = 8;

    /// <summary>Measures all that the report shows.</summary>
    /// <param name="folder">The run.</param>
    /// <param name="options">What it was made with, with the images to look at.</param>
    /// <param name="images">Those images.</param>
    /// <param name="analysis">How much of them.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="tell">Told what is done next.</param>
    /// <exception cref="IOException">The run has no metrics, or its weights cannot be read.</exception>
    public static AnalysedRun Measure(RunFolder folder, RunOptions options, ImageSplits images, AnalysisOptions analysis, Device device, Action<string> tell)
    {
        var steps = StepsOf(folder);
        var chosen = AnalysedImages.Choose(images, analysis, options.Seed);
        int[] queries = [.. Enumerable.Range(0, MostQueries).Select(i => (int)((2L * i + 1) * chosen.Shown.Count / (2 * MostQueries)))];

        using var encoder = options.InitialEncoder(device);
        using var head = new ProjectionHead(encoder.FeatureWidth, options.Projection).to(device);
        if (options.Init is not null)
        {
            folder.LoadInitial(encoder);
        }

        tell("the encoder before training");
        var before = EncoderMeasurement.Of(encoder, head, options, chosen, queries, analysis, device);
        var trainedHead = LoadTrained(folder, encoder, head) ? head : null;
        tell("the encoder after training");
        var after = EncoderMeasurement.Of(encoder, trainedHead, options, chosen, queries, analysis, device);
        return new AnalysedRun(
            Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder.Path))),
            options,
            analysis,
            chosen,
            steps,
            ScoredEpoch.Read(folder),
            before,
            after,
            SampleViews.Of(chosen.Trained, options),
            queries);
    }

    private static IReadOnlyList<StepMetrics> StepsOf(RunFolder folder)
    {
        if (!File.Exists(folder.MetricsFile))
        {
            throw new FileNotFoundException(
                $"'{folder.MetricsFile}' does not exist; an analysis needs the steps of the training, which an imported encoder does not have.");
        }

        var count = File.ReadLines(folder.MetricsFile).Count() - 1;
        return MetricsFile.ReadThinned(folder.MetricsFile, count, MostSteps);
    }

    // The head is in the last checkpoint alone, which may have been cleared away.
    private static bool LoadTrained(RunFolder folder, ResNet encoder, ProjectionHead head)
    {
        try
        {
            folder.LoadEncoderAndHead(encoder, head);
            return true;
        }
        catch (InvalidDataException)
        {
            folder.LoadEncoder(encoder);
            return false;
        }
    }
}
