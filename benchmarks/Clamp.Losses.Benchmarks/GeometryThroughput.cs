using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using static TorchSharp.torch;

namespace Clamp.Losses.Benchmarks;

/// <summary>Measuring a packing beside the loss's own forward pass with a graph, early and late in training.</summary>
[Config(typeof(Columns))]
public class GeometryThroughput : IDisposable
{
    private Tensor _embeddings = null!;
    private ClampLoss _criterion = null!;

    public static IEnumerable<BatchSize> Sizes => LossThroughput.Sizes;

    [ParamsSource(nameof(Sizes))]
    public BatchSize Size { get; set; } = null!;

    [ParamsAllValues]
    public TrainingPhase Phase { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        manual_seed(1);
        _embeddings = Phase.Embeddings(Size).requires_grad_();
        _criterion = new ClampLoss(new ClampLossOptions { RadiusScale = Size.RadiusScale });
    }

    [GlobalCleanup]
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        _embeddings.Dispose();
        _criterion.Dispose();
    }

    [Benchmark(Baseline = true, Description = "forward")]
    public void Forward() => _criterion.forward(_embeddings).Dispose();

    [Benchmark(Description = "Measure")]
    public void Measure() => _criterion.Measure(_embeddings).Dispose();

    /// <summary>What the trainer logs of each step.</summary>
    [Benchmark(Description = "Measure, with the nearest centroids")]
    public double MeasureNearest()
    {
        using var geometry = _criterion.Measure(_embeddings);
        return geometry.NearestCentroidAccuracy;
    }

    [Benchmark(Description = "Measure, with the effective rank")]
    public double MeasureRank()
    {
        using var geometry = _criterion.Measure(_embeddings);
        return geometry.EffectiveRank;
    }

    private sealed class Columns : ManualConfig
    {
        public Columns() => AddColumn(new MedianRatioColumn("vs forward", nameof(Forward), inverted: false));
    }
}
