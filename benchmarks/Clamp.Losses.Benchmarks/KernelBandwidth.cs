using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using Clamp.Losses.Packing;
using Clamp.Losses.Packing.Cpu;
using Clamp.Losses.Tensors;
using static TorchSharp.torch;

namespace Clamp.Losses.Benchmarks;

/// <summary>
/// The kernels of the fused loss each alone at V 4, B 1024, D 512, against the bandwidth of a copy and the rate of a product.
/// Interactions overwrite their strip, so they are timed with the products, which restore it and are taken off.
/// </summary>
[Config(typeof(Columns))]
public unsafe class KernelBandwidth : IDisposable
{
    private const double EmbeddingBytes = (double)sizeof(float) * Views * Images * Width;
    private const double CentroidBytes = (double)sizeof(float) * Images * Width;
    private const double Pairs = (double)Images * (Images + StripRows) / 2;
    private const int Views = 4;
    private const int Images = 1024;
    private const int Width = 512;
    private const int StripRows = 256;

    private static readonly BatchShape Shape = new(Views, Images, Width);

    private readonly IPackingKernels _kernels = CpuPackingKernels.Create(new ClampLossOptions { RadiusScale = 8.5 });
    private readonly WithoutInteractions _withoutInteractions;
    private readonly PackingBuffers _buffers;
    private Tensor _embeddings = null!;
    private Tensor _projected = null!;
    private Tensor _sumsAndSlope = null!;
    private Tensor _centroids = null!;
    private Tensor _product = null!;

    public KernelBandwidth()
    {
        _withoutInteractions = new WithoutInteractions(_kernels);
        _buffers = new PackingBuffers(_kernels, CPU, Shape, _kernels.Workers);
    }

    private EmbeddingRows Rows => EmbeddingRows.Contiguous((float*)TensorMemory.Of(_embeddings), Shape);

    private float* Projected => (float*)TensorMemory.Of(_projected);

    private double* Sums => (double*)TensorMemory.Of(_sumsAndSlope);

    [GlobalSetup]
    public void Setup()
    {
        manual_seed(1);
        if (_kernels.LargestStrip(Images).Rows != StripRows)
        {
            throw new InvalidOperationException($"Strips have {_kernels.LargestStrip(Images).Rows} rows; the work is counted for {StripRows}.");
        }

        _embeddings = randn(Views, Images, Width);
        _projected = empty_like(_embeddings);
        _sumsAndSlope = ones(Width + 1, float64);
        _centroids = randn(Images, Width);
        _product = zeros(Images, Images);
        Statistics();
        Interactions();
    }

    [GlobalCleanup]
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        foreach (IDisposable owned in new IDisposable[] { _embeddings, _projected, _sumsAndSlope, _centroids, _product, _buffers })
        {
            owned.Dispose();
        }
    }

    /// <summary>Reads the embeddings twice, because the mean comes first; writes centroids and clears their forces.</summary>
    [Benchmark(Description = "1 statistics")]
    [KernelWork(Bytes = 2 * EmbeddingBytes + 2 * CentroidBytes)]
    public void Statistics()
    {
        _kernels.SumEmbeddings(Rows, _buffers.Batch);
        _kernels.Statistics(Rows, _buffers.Batch);
    }

    /// <summary>C C^T and A C of all strips, and A^T C of their parts beside the diagonal.</summary>
    [Benchmark(Description = "products")]
    [KernelWork(Flops = 2 * Width * (Pairs + (double)Images * Images))]
    public void Products() => FusedPacking.Interact(_withoutInteractions, _buffers.Batch, forces: true);

    /// <summary>Reads and writes each pair once.</summary>
    [Benchmark(Description = "2 interactions + products")]
    [KernelWork(Bytes = 2 * sizeof(float) * Pairs, Beside = nameof(Products))]
    public void Interactions() => FusedPacking.Interact(_kernels, _buffers.Batch, forces: true);

    /// <summary>Reads embeddings, centroids and forces, writes h; then, knowing its mean, reads and writes h.</summary>
    [Benchmark(Description = "3 gradient, centred")]
    [KernelWork(Bytes = 4 * EmbeddingBytes + 2 * CentroidBytes)]
    public void Gradient()
    {
        _kernels.Gradient(Rows, _buffers.Batch, Projected, Sums);
        _kernels.Centre(Shape, Projected, Sums, Sums + Width, upstream: null, ElementType.Float32, Projected);
    }

    [Benchmark(Description = "copy")]
    [KernelWork(Bytes = 2 * EmbeddingBytes)]
    public void Copy() => _projected.copy_(_embeddings);

    [Benchmark(Description = "sgemm")]
    [KernelWork(Flops = 2.0 * Width * Images * Images)]
    public void Sgemm()
    {
        var centroids = new Matrix((float*)TensorMemory.Of(_centroids), Images, Width, Width);
        _kernels.ProductOf(_buffers.Batch).Multiply(
            centroids, centroids.Transposed, new Matrix((float*)TensorMemory.Of(_product), Images, Images, Images), accumulate: false);
    }

    private sealed class Columns : ManualConfig
    {
        public Columns() => AddColumn(
            new KernelBytesColumn(),
            new KernelRateColumn("GB/s", work => work.Bytes),
            new KernelRateColumn("of copy", work => work.Bytes, nameof(Copy)),
            new KernelRateColumn("GFLOP/s", work => work.Flops),
            new KernelRateColumn("of sgemm", work => work.Flops, nameof(Sgemm)));
    }
}
