using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using Clamp.Losses.Training;
using static TorchSharp.torch;

namespace Clamp.Losses.Benchmarks;

/// <summary>What it brings to prepare views while the tiny encoder learns from the ones before; an operation is one view.</summary>
[Config(typeof(Columns))]
public class PrefetchGain : IDisposable
{
    private const int Batches = 8;
    private const int BatchImages = 32;
    private const int Views = 4;
    private const int AllViews = Batches * BatchImages * Views;

    private readonly MultiViewAugmentation _augmentation = new(new AugmentationOptions(), seed: 1);
    private readonly int[][] _batches = [.. Enumerable.Range(0, Batches * BatchImages).Chunk(BatchImages)];
    private ImageSource _shapes = null!;
    private PhotographFolder _photographs = null!;
    private ImageSource _files = null!;
    private ResNet _encoder = null!;

    [GlobalSetup]
    public void Setup()
    {
        manual_seed(1);
        _shapes = ShapesGenerator.Generate(Batches * BatchImages, 32, seed: 1);
        _photographs = new PhotographFolder(Batches * BatchImages);
        _files = _photographs.Open(32);
        _encoder = ResNet.Tiny();
    }

    [GlobalCleanup]
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        _photographs.Dispose();
        _encoder.Dispose();
    }

    [Benchmark(Description = "files, none ahead", OperationsPerInvoke = AllViews)]
    public void FilesInTurn() => Learn(_files, ahead: 0);

    [Benchmark(Description = "files, 2 batches ahead", OperationsPerInvoke = AllViews)]
    public void FilesAhead() => Learn(_files, ahead: 2);

    [Benchmark(Description = "memory, none ahead", OperationsPerInvoke = AllViews)]
    public void MemoryInTurn() => Learn(_shapes, ahead: 0);

    /// <summary>Not what the trainer does: augmentation by tensor operations on another thread.</summary>
    [Benchmark(Description = "memory, 1 batch ahead", OperationsPerInvoke = AllViews)]
    public void MemoryAhead()
    {
        foreach (var (_, views) in Ahead.Of(_batches, (batch, _) => Augmented(batch), depth: 1))
        {
            using var made = views.GetAwaiter().GetResult();
            Learn(made);
        }
    }

    private Tensor Augmented(int[] batch)
    {
        using var pixels = _shapes.Pixels(batch);
        return _augmentation.Views(pixels, Array.ConvertAll(batch, index => (long)index), epoch: 0, Views, 32);
    }

    private void Learn(ImageSource images, int ahead)
    {
        foreach (var batch in new ViewLoader(images, _augmentation, Views, CPU, ahead).Load(_batches, epoch: 0))
        {
            using var views = batch();
            Learn(views);
        }
    }

    private void Learn(Tensor views)
    {
        using var scope = NewDisposeScope();
        _encoder.zero_grad();
        _encoder.call(views.flatten(0, 1)).square().sum().backward();
    }

    private sealed class Columns : ManualConfig
    {
        public Columns() => AddColumn(new ImageRateColumn());
    }
}
