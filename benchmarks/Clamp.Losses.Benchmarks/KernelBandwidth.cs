using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using Clamp.Losses.Packing;
using Clamp.Losses.Packing.Cpu;
using static TorchSharp.torch;

namespace Clamp.Losses.Benchmarks;

/// <summary>
/// The kernels of the fused loss each alone at V 4, B 1024, D 512, against the bandwidth of a copy and the rate of a product.
/// Interactions overwrite their Gram block, so they are timed with the strip's products, which restore it and are taken off.
/// </summary>
[Config(typeof(Columns))]
public class KernelBandwidth : IDisposable
{
    private const int Views = 4;
    private const int Images = 1024;
    private const int Width = 512;
    private const int StripRows = 512;
    private const double EmbeddingBytes = (double)sizeof(float) * Views * Images * Width;
    private const double CentroidBytes = (double)sizeof(float) * Images * Width;
    private const double StripPairs = (double)StripRows * Images;
    private const double BesidePairs = (double)StripRows * (Images - StripRows);

    private readonly PairPotential _potential = PairPotential.Of(new ClampLossOptions { RadiusScale = 8.5 });
    private readonly IPackingKernels _kernels = CpuPackingKernels.Create();
    private readonly WithoutInteractions _withoutInteractions = new();
    private PackingBuffers _buffers = null!;
    private Tensor _embeddings = null!;
    private Tensor _projected = null!;
    private Tensor _sums = null!;
    private Tensor _slope = null!;
    private Tensor _product = null!;
    private Tensor _transposed = null!;

    private PairStrip FirstStrip => _buffers.Strips[0];

    [GlobalSetup]
    public void Setup()
    {
        manual_seed(1);
        _embeddings = randn(Views, Images, Width);
        _projected = empty_like(_embeddings);
        _sums = zeros(Width, float64);
        _slope = ones([], float64);
        _product = zeros(Images, Images);
        _buffers = new PackingBuffers((Views, Images, Width), (StripRows, Images), CPU);
        _transposed = _buffers.Centroids.t();
        Statistics();
        FirstStrip.Interact(_kernels, _potential, forces: true, _buffers);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        IDisposable[] all = [_embeddings, _projected, _sums, _slope, _product, _transposed, _buffers, _kernels, _withoutInteractions];
        foreach (var owned in all)
        {
            owned.Dispose();
        }
    }

    /// <summary>Reads the embeddings twice, because the mean comes first; writes centroids and clears their forces.</summary>
    [Benchmark(Description = "1 statistics")]
    [KernelWork(Bytes = 2 * EmbeddingBytes + 2 * CentroidBytes)]
    public void Statistics()
    {
        _kernels.SumEmbeddings(_embeddings, _buffers);
        _kernels.Statistics(_embeddings, Views * Images, _potential.RadiusScale, _buffers);
    }

    /// <summary>C C^T and A C of one strip, and A^T C of its part beside the diagonal, as <see cref="PairStrip"/> forms them.</summary>
    [Benchmark(Description = "products of a strip")]
    [KernelWork(Flops = 2 * Width * (2 * StripPairs + BesidePairs))]
    public void Products() => FirstStrip.Interact(_withoutInteractions, _potential, forces: true, _buffers);

    /// <summary>Reads and writes each pair of a strip once.</summary>
    [Benchmark(Description = "2 interactions + products")]
    [KernelWork(Bytes = 2 * sizeof(float) * StripPairs, Beside = nameof(Products))]
    public void Interactions() => FirstStrip.Interact(_kernels, _potential, forces: true, _buffers);

    /// <summary>Reads embeddings, centroids and forces, writes h; then, knowing its mean, reads and writes h.</summary>
    [Benchmark(Description = "3 gradient, centred")]
    [KernelWork(Bytes = 4 * EmbeddingBytes + 2 * CentroidBytes)]
    public void Gradient()
    {
        _kernels.Gradient(_embeddings, _potential, _buffers, _projected, _sums);
        _kernels.Centre(_projected, _sums, Views * Images, _slope, upstream: null, _projected);
    }

    [Benchmark(Description = "copy")]
    [KernelWork(Bytes = 2 * EmbeddingBytes)]
    public void Copy() => _projected.copy_(_embeddings);

    [Benchmark(Description = "sgemm")]
    [KernelWork(Flops = 2.0 * Width * Images * Images)]
    public void Sgemm() => _product.addmm_(_buffers.Centroids, _transposed, beta: 0, alpha: 1);

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
