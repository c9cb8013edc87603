using CsCheck;
using static TorchSharp.torch;

namespace Clamp.Losses.Training.Tests;

public sealed class OutlierScoresTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Of_AnyEmbeddings_IsTheMeanDistanceToTheNearest() =>
        (from rows in EmbeddingSets.Any.Where(rows => rows.Length > 1) from k in Gen.Int[1, 12] select (rows, k)).Sample(sample =>
        {
            using var scope = NewDisposeScope();

            var scores = OutlierScores.Of(Brute.Embeddings(sample.rows), sample.k);

            for (var row = 0; row < sample.rows.Length; row++)
            {
                var expected = Brute.Nearest(sample.rows, sample.rows[row], sample.k, itself: row).Average(other => 1.0 - other.Similarity);
                scores[row].Should().BeApproximately(expected, 1e-12);
            }
        }, iter: 60, threads: 1);

    [Fact]
    public void Of_OneFarFromACluster_IsTheLargest()
    {
        using var generator = new Generator(1);
        var embeddings = tensor(new[] { 1f, 0, 0, 0 }) + 0.05 * randn(30, 4, generator: generator);
        embeddings[17] = tensor(new[] { 0f, 1, 0, 0 });

        var scores = OutlierScores.Of(embeddings, 5);

        scores.Max().Should().Be(scores[17]).And.BeGreaterThan(0.8);
    }

    [Fact]
    public void Of_OneEmbedding_IsRefused()
    {
        var act = () => OutlierScores.Of(ones(1, 3), 5);

        act.Should().Throw<ArgumentException>().WithMessage("1 embedding was given; *at least 2*");
    }
}
