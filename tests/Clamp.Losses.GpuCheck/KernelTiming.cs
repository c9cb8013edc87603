using System.Runtime.InteropServices;
using Clamp.Losses.Packing;
using Clamp.Losses.Packing.Cuda;

namespace Clamp.Losses.GpuCheck;

/// <summary>
/// How long each kernel and the whole step take, beside the bandwidth of a copy in the same run. Medians. Kernels are timed on a cold
/// cache, each between its own events; the whole step without either, one after another, as a program would run it. Random embeddings
/// are far from each other; of the close ones, every hundredth image nearly coincides with another, whose distance the kernels then form
/// from the difference of the centroids.
/// </summary>
/// <param name="gpu">Where.</param>
/// <param name="output">For the table.</param>
/// <param name="copiedBytes">How much is copied to measure the bandwidth, and cleared to empty the cache: more than the cache holds.</param>
/// <param name="leastSplitImages">From how many images on products are split too, beside whole.</param>
internal sealed class KernelTiming(Gpu gpu, TextWriter output, long copiedBytes = 1L << 28, int leastSplitImages = SplitProduct.LeastImages)
{
    private const int Repeats = 21;

    /// <summary>Times shapes and writes a row of a table for each part of each.</summary>
    /// <param name="shapes">V, B and D.</param>
    /// <exception cref="InvalidOperationException">A kernel cannot be compiled, or has crashed.</exception>
    public void Run(IEnumerable<(int Views, int Images, int Width)> shapes)
    {
        using var arena = new DeviceArena(gpu.Driver);
        var (source, destination) = (arena.Allocate(copiedBytes), arena.Allocate(copiedBytes));
        var copyRate = 2 * copiedBytes / MedianOf(() => gpu.Driver.Copy(source, destination, copiedBytes));
        output.WriteLine($"Copy of {copiedBytes >> 20} MiB on the device: {copyRate / 1000:F0} GB/s read and written.");
        output.WriteLine();
        output.WriteLine("| V | B | D | pairs | part | microseconds | MB moved | GB/s | of copy |");
        output.WriteLine("|---|---|---|---|---|---|---|---|---|");
        foreach (var (views, images, width) in shapes)
        {
            foreach (var (close, split) in new[] { (false, false), (true, false), (false, true) })
            {
                if (split && images < leastSplitImages)
                {
                    continue;
                }

                var batch = new Batch(new BatchShape(views, images, width), close, split);
                try
                {
                    Run(batch, copyRate, () => gpu.Driver.Fill(destination, 0, copiedBytes));
                }
                catch (InsufficientMemoryException)
                {
                    Write(batch, "does not fit into the memory that is free", " | | | ");
                }
            }
        }
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }

    private void Run(Batch batch, double copyRate, Action flushCache)
    {
        using var arena = new DeviceArena(gpu.Driver);
        using var clock = new GpuClock(gpu.Driver);
        var step = new PackingStep(gpu, arena, Upload(arena, batch), new ClampLossOptions { SplitProducts = batch.Split }, upstream: 1, strip: null, leastSplitImages);
        var whole = MedianOf(() => step.Run(_ => { }));
        var laps = new double[Enum.GetValues<Stage>().Length, Repeats];
        for (int repeat = 0; repeat < Repeats; repeat++)
        {
            flushCache();
            clock.Start();
            step.Run(clock.Lap);
            foreach (var stage in Enum.GetValues<Stage>())
            {
                laps[(int)stage, repeat] = clock.Of(stage);
            }
        }

        foreach (var stage in Enum.GetValues<Stage>())
        {
            var times = Enumerable.Range(0, Repeats).Select(repeat => laps[(int)stage, repeat]).ToArray();
            Write(batch, NameOf(stage), Median(times), BytesOf(stage, batch.Shape, step.PairEntries), copyRate);
        }

        Write(batch, "forward and backward", whole, null, copyRate);
    }

    private static string NameOf(Stage stage) => stage switch
    {
        Stage.Statistics => "1 statistics",
        Stage.Products => "products",
        Stage.Interactions => "2 interactions",
        Stage.Gradient => "3 gradient, centred",
        _ => throw new ArgumentOutOfRangeException(nameof(stage), stage, "Unknown stage."),
    };

    /// <summary>What must be read and written at least; products are bound by arithmetic instead.</summary>
    private static double? BytesOf(Stage stage, BatchShape shape, long pairEntries)
    {
        var embeddings = (double)sizeof(float) * shape.Numbers;
        var centroids = embeddings / shape.Views;
        return stage switch
        {
            // Embeddings are read twice, because the mean comes first; centroids are written and their forces cleared.
            Stage.Statistics => 2 * embeddings + 2 * centroids,
            Stage.Interactions => 2.0 * sizeof(float) * pairEntries,

            // Embeddings, centroids and forces are read, h written; then, with its mean, h is read and written.
            Stage.Gradient => 4 * embeddings + 2 * centroids,
            _ => null,
        };
    }

    private double MedianOf(Action queue)
    {
        using var clock = new GpuClock(gpu.Driver);
        queue();
        var times = new double[Repeats];
        for (int repeat = 0; repeat < Repeats; repeat++)
        {
            clock.Start();
            queue();
            clock.Lap(default);
            times[repeat] = clock.Total();
        }

        return Median(times);
    }

    private void Write(Batch batch, string part, double time, double? bytes, double copyRate)
    {
        var moved = bytes is { } count
            ? $"{count / 1e6:F2} | {count / time / 1000:F0} | {count / time / copyRate:P0}"
            : " | | ";
        Write(batch, part, $"{time:F1} | {moved}");
    }

    private void Write(Batch batch, string part, string numbers) => output.WriteLine(
        $"| {batch.Shape.Views} | {batch.Shape.Images} | {batch.Shape.Width} | {batch.Name} | {part} | {numbers} |");

    private static unsafe EmbeddingRows Upload(DeviceArena arena, Batch batch)
    {
        var (random, shape) = (new Random(1), batch.Shape);
        var embeddings = new float[shape.Numbers];
        foreach (ref var value in embeddings.AsSpan())
        {
            value = random.NextSingle() - 0.5f;
        }

        for (int image = 1; batch.Close && image < shape.Images; image += 100)
        {
            for (int view = 0; view < shape.Views; view++)
            {
                var other = embeddings.AsSpan((view * shape.Images + image - 1) * shape.Width, shape.Width);
                var own = embeddings.AsSpan((view * shape.Images + image) * shape.Width, shape.Width);
                for (int d = 0; d < own.Length; d++)
                {
                    own[d] = other[d] + 0.01f * own[d];
                }
            }
        }

        return EmbeddingRows.Contiguous((float*)arena.Allocate(MemoryMarshal.AsBytes(embeddings.AsSpan())), shape);
    }

    private sealed record Batch(BatchShape Shape, bool Close, bool Split)
    {
        public string Name => Split ? "far, split products" : Close ? "some close" : "far";
    }
}
