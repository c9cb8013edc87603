using Clamp.Losses.Packing;
using Clamp.Losses.Tensors;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Packing.Cpu;

/// <summary>The memory of one step on the CPU, to look into and to write to.</summary>
internal sealed unsafe class StepMemory(IPackingKernels kernels, BatchShape shape) : IDisposable
{
    private readonly PackingBuffers _buffers = new(kernels, CPU, shape, kernels.Workers);

    public BatchMemory Batch => _buffers.Batch;

    public Tensor Centroids => Floats(Batch.Centroids, shape.Images, shape.Width);

    public Tensor CentroidForces => Floats(Batch.CentroidForces, shape.Images, shape.Width);

    public Tensor SquaredNorms => Floats(Batch.SquaredNorms, shape.Images);

    public Tensor Radii => Floats(Batch.Radii, shape.Images);

    /// <summary>Of all workers together.</summary>
    public Tensor ContactSums => Doubles(Batch.ContactSums, Batch.Workers, shape.Images).sum([0]);

    /// <summary>Of all workers together.</summary>
    public Tensor RadiusGradients => Doubles(Batch.RadiusGradients, Batch.Workers, shape.Images).sum([0]);

    /// <summary>Of all workers together.</summary>
    public double Energy => *Batch.Energy;

    /// <summary>float32 embeddings as kernels see them.</summary>
    public static EmbeddingRows RowsOf(Tensor embeddings) => new(
        TensorMemory.Of(embeddings), ElementType.Float32, embeddings.stride(0), embeddings.stride(1), ShapeOf(embeddings));

    public static BatchShape ShapeOf(Tensor embeddings) =>
        new((int)embeddings.shape[0], (int)embeddings.shape[1], (int)embeddings.shape[2]);

    public static Matrix MatrixOf(Tensor pairs) =>
        new((float*)TensorMemory.Of(pairs), (int)pairs.shape[0], (int)pairs.shape[1], (int)pairs.stride(0));

    public static void Set(float* memory, Tensor values) => values.to(float32).contiguous().data<float>().CopyTo(new Span<float>(memory, (int)values.numel()));

    public static void Set(double* memory, Tensor values) => values.to(float64).contiguous().data<double>().CopyTo(new Span<double>(memory, (int)values.numel()));

    /// <summary>Kernel 1.</summary>
    public void Measure(Tensor embeddings)
    {
        kernels.SumEmbeddings(RowsOf(embeddings), Batch);
        kernels.Statistics(RowsOf(embeddings), Batch);
    }

    public void Dispose() => _buffers.Dispose();

    private static Tensor Floats(float* memory, params long[] sizes) =>
        tensor(new Span<float>(memory, (int)sizes.Aggregate((a, b) => a * b)).ToArray()).reshape(sizes);

    private static Tensor Doubles(double* memory, params long[] sizes) =>
        tensor(new Span<double>(memory, (int)sizes.Aggregate((a, b) => a * b)).ToArray()).reshape(sizes);
}
