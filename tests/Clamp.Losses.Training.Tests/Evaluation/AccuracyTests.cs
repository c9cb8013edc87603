using CsCheck;
using static TorchSharp.torch;

namespace Clamp.Losses.Training.Tests;

public sealed class AccuracyTests
{
    [Fact]
    public void Of_AnyScores_AgreesWithSortingThem()
    {
        // Few different values, so that many scores are equal.
        var images = Gen.Select(Gen.Int[0, 4].Array[7], Gen.Int[0, 6]).Array[1, 30];
        images.Sample(
            batch =>
            {
                var naive = (1.0 * batch.Count(image => Rank(image) < 1) / batch.Length, 1.0 * batch.Count(image => Rank(image) < 5) / batch.Length);
                return Of([.. batch.SelectMany(image => image.Item1.Select(score => (float)score))], batch.Length, [.. batch.Select(image => (long)image.Item2)])
                    == new Accuracy(naive.Item1, naive.Item2);
            },
            iter: 200,
            threads: 1);
    }

    [Fact]
    public void Of_ScoresThatAreNotNumbers_MissesThem() =>
        Of([float.NaN, float.NaN, 0, 1], images: 2, [0, 1]).Should().Be(new Accuracy(0.5, 0.5));

    [Fact]
    public void Of_FewerClassesThanFive_HasThemAllInTheTopFive() =>
        Of([3, 2, 1, 3, 2, 1], images: 2, [0, 2]).Should().Be(new Accuracy(0.5, 1));

    private static int Rank((int[] Scores, int Label) image) =>
        Enumerable.Range(0, image.Scores.Length).OrderByDescending(c => image.Scores[c]).ThenBy(c => c).ToList().IndexOf(image.Label);

    private static Accuracy Of(float[] scores, int images, long[] labels)
    {
        using var scope = NewDisposeScope();
        return Accuracy.Of(tensor(scores).reshape(images, -1), tensor(labels));
    }
}
