using System.Runtime.InteropServices;
using Clamp.Losses.Packing;

namespace Clamp.Losses.GpuCheck;

/// <summary>The kernels on a GPU against float64 on the CPU.</summary>
internal static class KernelCheck
{
    // Like the loss scale of float16 training: without it, small gradients would not be representable.
    private const float Upstream = 1000;

    /// <summary>Runs cases and writes a row of a table for each.</summary>
    /// <param name="gpu">Where.</param>
    /// <param name="cases">What to run.</param>
    /// <param name="output">For the table.</param>
    /// <returns>Whether all passed.</returns>
    /// <exception cref="InvalidOperationException">A kernel cannot be compiled, or has crashed.</exception>
    public static bool Run(Gpu gpu, IEnumerable<CheckCase> cases, TextWriter output)
    {
        output.WriteLine("| case | V, B, D | type | loss | error | allowed | gradient error | allowed | |");
        output.WriteLine("|---|---|---|---|---|---|---|---|---|");
        var passed = true;
        foreach (var each in cases)
        {
            var result = Run(gpu, each);
            passed &= result.Passed;
            output.WriteLine(
                $"| {each.Name} | {each.Shape.Views}, {each.Shape.Images}, {each.Shape.Width} | {each.Element} | {result.Loss:F4} "
                + $"| {result.LossError:E1} | {CheckResult.LossTolerance:E0} | {result.GradientError:E1} | {result.GradientTolerance:E0} "
                + $"| {(result.Passed ? "PASS" : "FAIL")} |");
        }

        return passed;
    }

    /// <summary>Runs one case.</summary>
    /// <param name="gpu">Where.</param>
    /// <param name="check">What to run.</param>
    /// <exception cref="InvalidOperationException">A kernel cannot be compiled, or has crashed.</exception>
    public static CheckResult Run(Gpu gpu, CheckCase check)
    {
        // The kernels and float64 see the same rounded numbers.
        var embeddings = ElementEncoding.Decode(ElementEncoding.Encode(check.Draw(), check.Element), check.Element);
        var (loss, gradient) = ExactPacking.Of(embeddings, check.Shape, check.Options);

        using var arena = new DeviceArena(gpu.Driver);
        var step = new PackingStep(gpu, arena, Upload(arena, check, embeddings), check.Options, Upstream, check.Strip, check.LeastSplitImages);
        step.Run(_ => { });
        var computedLoss = new float[1];
        gpu.Driver.Download(step.Loss, MemoryMarshal.AsBytes(computedLoss.AsSpan()));
        var bytes = new byte[gradient.Length * ElementEncoding.SizeOf(check.Element)];
        gpu.Driver.Download(step.Gradient, bytes);

        var computed = ElementEncoding.Decode(bytes, check.Element);
        return new CheckResult(
            loss,
            Math.Abs(computedLoss[0] - loss) / Math.Max(1, Math.Abs(loss)),
            RelativeDistance(computed, Array.ConvertAll(gradient, value => value * Upstream)),
            check.GradientTolerance);
    }

    /// <summary>The embeddings, inside a larger tensor that is NaN everywhere else.</summary>
    private static unsafe EmbeddingRows Upload(DeviceArena arena, CheckCase check, double[] embeddings)
    {
        var ((views, images, width), margin) = (check.Shape, check.Margin);
        var imageStride = width + margin.Width;
        var viewStride = (images + margin.Images) * imageStride;
        var offset = margin.Views * viewStride + margin.Images * imageStride + margin.Width;
        var storage = new double[(views + margin.Views) * viewStride];
        Array.Fill(storage, double.NaN);
        for (int row = 0; row < views * images; row++)
        {
            var target = offset + row / images * viewStride + row % images * imageStride;
            Array.Copy(embeddings, row * width, storage, target, width);
        }

        var address = arena.Allocate(ElementEncoding.Encode(storage, check.Element)) + offset * ElementEncoding.SizeOf(check.Element);
        return new EmbeddingRows((void*)address, check.Element, viewStride, imageStride, new BatchShape(views, images, width));
    }

    private static double RelativeDistance(double[] actual, double[] expected)
    {
        var difference = actual.Zip(expected, (a, b) => (a - b) * (a - b)).Sum();
        return Math.Sqrt(difference / expected.Sum(value => value * value));
    }
}
