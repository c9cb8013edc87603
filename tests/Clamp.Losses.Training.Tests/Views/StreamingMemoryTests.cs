namespace Clamp.Losses.Training.Tests;

/// <summary>Alone, because it counts what the whole process allocates.</summary>
[CollectionDefinition(nameof(StreamingMemoryTests), DisableParallelization = true)]
[Collection(nameof(StreamingMemoryTests))]
public sealed class StreamingMemoryTests
{
    private const int Size = 448;
    private const int Views = 2;
    private const int BatchSize = 2;

    [Fact]
    public void Load_LargeCrops_MakesNoManagedArrayOfThem()
    {
        const int CropBytes = Views * BatchSize * 3 * Size * Size;
        var files = new FileImages([.. Enumerable.Range(0, BatchSize).Select(i => $"{i}")], Size, path => new Stripes(int.Parse(path)));
        var loader = new ViewLoader(files, new MultiViewAugmentation(new AugmentationOptions(), seed: 3), Views, torch.CPU);
        Load(loader, batches: 4);
        var before = GC.GetTotalAllocatedBytes(precise: true);

        Load(loader, batches: 6);

        (GC.GetTotalAllocatedBytes(precise: true) - before).Should().BeLessThan(6 * CropBytes / 4);
    }

    private static void Load(ViewLoader loader, int batches)
    {
        foreach (var makeViews in loader.Load(Enumerable.Repeat(Enumerable.Range(0, BatchSize).ToArray(), batches), epoch: 0))
        {
            using var views = makeViews();
        }
    }
}
