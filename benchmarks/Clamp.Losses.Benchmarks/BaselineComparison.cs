using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using static TorchSharp.torch;

namespace Clamp.Losses.Benchmarks;

/// <summary>Forward and backward of CLAMP and of the losses that it is compared with, on equal embeddings.</summary>
[Config(typeof(Columns))]
public class BaselineComparison : IDisposable
{
    private readonly NtXentLoss _ntXent = new();
    private readonly VicRegLoss _vicReg = new();
    private readonly BarlowTwinsLoss _barlowTwins = new();
    private readonly MmcrLoss _mmcr = new();
    private readonly AlignmentUniformityLoss _alignmentUniformity = new();
    private ClampLoss _clamp = null!;
    private Tensor _embeddings = null!;

    public static IEnumerable<BatchSize> Sizes => [new(2, 512, 512, 8.5), new(4, 512, 512, 8.5)];

    [ParamsSource(nameof(Sizes))]
    public BatchSize Size { get; set; } = null!;

    [GlobalSetup]
    public void Setup()
    {
        manual_seed(1);
        _embeddings = randn(Size.Views, Size.Images, Size.Width).requires_grad_();
        _clamp = new ClampLoss(new ClampLossOptions { RadiusScale = Size.RadiusScale, Backend = ClampBackend.Fused });
    }

    [GlobalCleanup]
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        IDisposable[] all = [_embeddings, _clamp, _ntXent, _vicReg, _barlowTwins, _mmcr, _alignmentUniformity];
        foreach (var owned in all)
        {
            owned.Dispose();
        }
    }

    [Benchmark(Baseline = true, Description = "CLAMP, Fused")]
    public void Clamp() => TimedStep.ForwardAndBackward(_clamp.forward, _embeddings);

    [Benchmark(Description = "NT-Xent")]
    public void NtXent() => TimedStep.ForwardAndBackward(_ntXent.forward, _embeddings);

    [Benchmark(Description = "VICReg")]
    public void VicReg() => TimedStep.ForwardAndBackward(_vicReg.forward, _embeddings);

    [Benchmark(Description = "Barlow Twins")]
    public void BarlowTwins() => TimedStep.ForwardAndBackward(_barlowTwins.forward, _embeddings);

    [Benchmark(Description = "MMCR")]
    public void Mmcr() => TimedStep.ForwardAndBackward(_mmcr.forward, _embeddings);

    [Benchmark(Description = "alignment and uniformity")]
    public void AlignmentUniformity() => TimedStep.ForwardAndBackward(_alignmentUniformity.forward, _embeddings);

    private sealed class Columns : ManualConfig
    {
        public Columns() => AddColumn(new MedianRatioColumn("vs CLAMP", nameof(Clamp), inverted: false));
    }
}
