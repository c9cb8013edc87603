using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using static TorchSharp.torch;

namespace Clamp.Losses.Benchmarks;

/// <summary>Time of forward and backward, and peak memory of a step, as the batch grows: V 2, D 256.</summary>
[Config(typeof(Columns))]
[IterationTime(200)]
public class BatchScaling : IDisposable
{
    private const int Views = 2;
    private const int Width = 256;
    private const double RadiusScale = 8.5;

    private Tensor _embeddings = null!;
    private nn.Module<Tensor, Tensor> _loss = null!;

    [Params(128, 256, 512, 1024, 2048, 4096, 8192, 16384)]
    public int Images { get; set; }

    [GlobalSetup(Target = nameof(Clamp))]
    public void SetUpClamp() => SetUp(
        nameof(Clamp), () => new ClampLoss(new ClampLossOptions { RadiusScale = RadiusScale, Backend = ClampBackend.Fused }));

    [GlobalSetup(Target = nameof(NtXent))]
    public void SetUpNtXent() => SetUp(nameof(NtXent), () => new NtXentLoss());

    [GlobalSetup(Target = nameof(Reference))]
    public void SetUpReference() => SetUp(nameof(Reference), () => new ReferenceLoss());

    [GlobalCleanup]
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        _embeddings.Dispose();
        _loss.Dispose();
    }

    [Benchmark(Baseline = true)]
    public void Clamp() => Step();

    [Benchmark]
    [LargestBatch(1024)]
    public void Reference() => Step();

    [Benchmark]
    [LargestBatch(8192)]
    public void NtXent() => Step();

    private void SetUp(string method, Func<nn.Module<Tensor, Tensor>> create)
    {
        manual_seed(1);
        _embeddings = randn(Views, Images, Width).requires_grad_();

        // Once before: what libtorch keeps from its first step on is not this loss's; what a fresh loss allocates for itself is.
        _loss = create();
        Step();
        _loss.Dispose();
        _loss = create();
        PeakMemoryColumn.Note(method, Images, PeakMemory.ExtraOf(Step));
    }

    private void Step() => TimedStep.ForwardAndBackward(_loss.forward, _embeddings);

    private sealed class ReferenceLoss() : nn.Module<Tensor, Tensor>(nameof(ReferenceLoss))
    {
        public override Tensor forward(Tensor embeddings) => ReferenceAlgorithm.ByDifferences(embeddings, RadiusScale);
    }

    private sealed class Columns : ManualConfig
    {
        public Columns()
        {
            AddFilter(LargestBatchAttribute.Filter);
            AddColumn(new MedianRatioColumn("vs CLAMP", nameof(Clamp), inverted: false), new PeakMemoryColumn());
        }
    }
}
