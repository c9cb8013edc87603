using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using Clamp.Losses.Training;
using static TorchSharp.torch;

namespace Clamp.Losses.Benchmarks;

/// <summary>How fast views are made, beside how fast encoders learn from them; an operation is one view.</summary>
[Config(typeof(Columns))]
public class AugmentationThroughput : IDisposable
{
    private const int SmallBatch = 64;
    private const int SmallViews = 4;
    private const int LargeBatch = 16;
    private const int LargeViews = 2;
    private const int TinyImages = 128;
    private const int ResNetImages = 32;

    private static readonly AugmentationOptions Blurred = new() { BlurProbability = 0.5, SolarizeProbability = 0.1 };

    private readonly MultiViewAugmentation _default = new(new AugmentationOptions(), seed: 1);
    private readonly MultiViewAugmentation _blurred = new(Blurred, seed: 1);
    private Tensor _small = null!;
    private Tensor _large = null!;
    private Tensor _views = null!;
    private PhotographFolder _photographs = null!;
    private ViewLoader _files = null!;
    private ResNet _tiny = null!;
    private ResNet _resNet18 = null!;

    [GlobalSetup]
    public void Setup()
    {
        manual_seed(1);
        _small = randint(256, [SmallBatch, 3, 32, 32], uint8);
        _large = randint(256, [LargeBatch, 3, 224, 224], uint8);
        _views = randn(TinyImages, 3, 32, 32);
        _photographs = new PhotographFolder(LargeBatch);
        _files = new ViewLoader(_photographs.Open(224), _default, LargeViews, CPU);
        _tiny = ResNet.Tiny();
        _resNet18 = ResNet.ResNet18(smallStem: true);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        foreach (IDisposable owned in new IDisposable[] { _small, _large, _views, _photographs, _tiny, _resNet18 })
        {
            owned.Dispose();
        }
    }

    [Benchmark(Description = "views of 32 px", OperationsPerInvoke = SmallBatch * SmallViews)]
    public void Views32() => Augment(_default, _small, SmallViews);

    [Benchmark(Description = "views of 32 px, blur, solarise", OperationsPerInvoke = SmallBatch * SmallViews)]
    public void BlurredViews32() => Augment(_blurred, _small, SmallViews);

    [Benchmark(Description = "views of 224 px", OperationsPerInvoke = LargeBatch * LargeViews)]
    public void Views224() => Augment(_default, _large, LargeViews);

    [Benchmark(Description = "views of 224 px, blur, solarise", OperationsPerInvoke = LargeBatch * LargeViews)]
    public void BlurredViews224() => Augment(_blurred, _large, LargeViews);

    /// <summary>Decoding, two crops of each file, and what follows the crop.</summary>
    [Benchmark(Description = "views of 224 px from JPEG files of 400x533", OperationsPerInvoke = LargeBatch * LargeViews)]
    public void FileViews224()
    {
        foreach (var batch in _files.Load([[.. Enumerable.Range(0, LargeBatch)]], epoch: 0))
        {
            batch().Dispose();
        }
    }

    [Benchmark(Description = "encoder tiny, 32 px, forward and backward", OperationsPerInvoke = TinyImages)]
    public void Tiny() => ForwardAndBackward(_tiny, TinyImages);

    [Benchmark(Description = "encoder ResNet-18, small stem, 32 px, forward and backward", OperationsPerInvoke = ResNetImages)]
    public void ResNet18() => ForwardAndBackward(_resNet18, ResNetImages);

    private static void Augment(MultiViewAugmentation augmentation, Tensor images, int views)
    {
        long[] samples = [.. Enumerable.Range(0, (int)images.shape[0]).Select(i => (long)i)];
        augmentation.Views(images, samples, epoch: 0, views, (int)images.shape[^1]).Dispose();
    }

    private void ForwardAndBackward(ResNet encoder, int images)
    {
        using var scope = NewDisposeScope();
        encoder.zero_grad();
        encoder.call(_views[..images]).square().sum().backward();
    }

    private sealed class Columns : ManualConfig
    {
        public Columns() => AddColumn(new ImageRateColumn());
    }
}
