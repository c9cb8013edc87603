using static TorchSharp.torch;

namespace Clamp.Losses.Training.Tests;

/// <summary>Search as a program uses it; the documentation shows this code.</summary>
public sealed class SearchUseTests
{
    [Fact]
    public void Search_InAFewLines_FindsDuplicatesAndOutliers()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        var embeddings = tensor(new[] { 1f, 0, 0, 0, 0, 0, 0, 0 }) + 0.3 * randn(200, 8, generator: generator);
        embeddings[20] = embeddings[7] + 0.001;
        embeddings[30] = -embeddings[30];

        var nearest = SimilaritySearch.NearestOthers(embeddings, k: 5, rows: [7])[0];
        var groups = NearDuplicates.Groups(NearDuplicates.Pairs(embeddings, threshold: 0.9999));
        var scores = OutlierScores.Of(embeddings, k: 10);

        nearest.Should().HaveCount(5).And.Subject.First().Index.Should().Be(20);
        groups.Should().ContainSingle().Which.Should().Equal(7, 20);
        scores.Max().Should().Be(scores[30]);
    }
}
