using Clamp.Losses.Benchmarks;

namespace Clamp.Losses.Training.Tests;

/// <summary>
/// A score must not hold a second copy of a large set's features: at ImageNet's size one is 10 GB. Alone, because it counts the memory of
/// the whole process.
/// </summary>
[CollectionDefinition(nameof(ScoringMemoryTests), DisableParallelization = true)]
[Collection(nameof(ScoringMemoryTests))]
public sealed class ScoringMemoryTests : IDisposable
{
    private const int Images = 400_000;
    private const int Width = 128;
    private const long FeatureBytes = sizeof(float) * (long)Images * Width;
    private readonly DisposeScope _scope = torch.NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [SkippableFact]
    public void LinearProbe_OfManyImages_MakesNoCopyOfTheirFeatures()
    {
        var features = new ProbeFeatures(Set(Images), Set(100));
        var options = new ProbeOptions { Epochs = 1, BatchSize = 8192, LearningRates = [0.1] };

        ShouldTakeLessThanHalf(() => LinearProbe.Evaluate(features, classes: 10, seed: 1, options));
    }

    [SkippableFact]
    public void NearestNeighbours_OfManyImages_MakeNoCopyOfTheirFeatures()
    {
        var (train, test) = (Set(Images), Set(100));

        ShouldTakeLessThanHalf(() => NearestNeighbours.Evaluate(train, test, classes: 10));
    }

    [SkippableFact]
    public void SimilaritySearch_OfManyImages_MakesNoCopyOfTheirEmbeddings()
    {
        var (bank, queries) = (torch.randn(Images, Width), torch.randn(100, Width));

        ShouldTakeLessThanHalf(() => SimilaritySearch.Nearest(bank, queries, 10));
    }

    private static FeatureSet Set(int images) => new(torch.randn(images, Width), torch.randint(0, 10, images, torch.int64));

    private static void ShouldTakeLessThanHalf(Action score)
    {
        var extra = PeakMemory.ExtraOf(score);
        Skip.If(extra is null, "the peak of the resident memory cannot be reset here");
        extra.Should().BeLessThan(FeatureBytes / 2);
    }
}
