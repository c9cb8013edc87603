using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using static TorchSharp.torch;

namespace Clamp.Losses.Benchmarks;

/// <summary>Forward and backward of one loss, at the paper's two sizes and a larger one, early and late in training.</summary>
[Config(typeof(Columns))]
public class LossThroughput : IDisposable
{
    private Tensor _embeddings = null!;
    private Tensor _plain = null!;
    private Tensor _centroids = null!;
    private Tensor _factors = null!;
    private Tensor _copy = null!;
    private ClampLoss _fused = null!;
    private ClampLoss _composite = null!;

    public static IEnumerable<BatchSize> Sizes => [new(16, 128, 256, 7.0), new(4, 512, 512, 8.5), new(4, 1024, 512, 8.5)];

    [ParamsSource(nameof(Sizes))]
    public BatchSize Size { get; set; } = null!;

    [ParamsAllValues]
    public TrainingPhase Phase { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        manual_seed(1);
        _embeddings = Phase.Embeddings(Size).requires_grad_();
        _plain = _embeddings.detach();
        _copy = empty_like(_plain);
        _centroids = randn(Size.Images, Size.Width);
        _factors = randn(Size.Images, Size.Images);
        _fused = new ClampLoss(new ClampLossOptions { RadiusScale = Size.RadiusScale, Backend = ClampBackend.Fused });
        _composite = new ClampLoss(new ClampLossOptions { RadiusScale = Size.RadiusScale, Backend = ClampBackend.Composite });
    }

    [GlobalCleanup]
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        foreach (IDisposable owned in new IDisposable[] { _embeddings, _plain, _copy, _centroids, _factors, _fused, _composite })
        {
            owned.Dispose();
        }
    }

    [Benchmark(Baseline = true, Description = "reference's algorithm")]
    public void Reference() => TimedStep.ForwardAndBackward(z => ReferenceAlgorithm.ByDifferences(z, Size.RadiusScale), _embeddings);

    [Benchmark(Description = "Gram matrix, by hand")]
    public void GramMatrix() => TimedStep.ForwardAndBackward(z => ReferenceAlgorithm.ByGramMatrix(z, Size.RadiusScale), _embeddings);

    [Benchmark(Description = "CLAMP, Composite")]
    public void Composite() => TimedStep.ForwardAndBackward(_composite.forward, _embeddings);

    [Benchmark(Description = "CLAMP, Fused")]
    public void Fused() => TimedStep.ForwardAndBackward(_fused.forward, _embeddings);

    /// <summary>What nothing can avoid: C C^T, A C and three passes over the embeddings.</summary>
    [Benchmark(Description = "floor: 2 products, 3 copies")]
    public void Floor()
    {
        using var scope = NewDisposeScope();
        _centroids.mm(_centroids.t());
        _factors.mm(_centroids);
        _copy.copy_(_plain);
        _copy.copy_(_plain);
        _copy.copy_(_plain);
    }

    private sealed class Columns : ManualConfig
    {
        public Columns() => AddColumn(
            new MedianRatioColumn("vs reference", nameof(Reference), inverted: true),
            new MedianRatioColumn("vs by hand", nameof(GramMatrix), inverted: true),
            new MedianRatioColumn("vs floor", nameof(Floor), inverted: false));
    }
}
