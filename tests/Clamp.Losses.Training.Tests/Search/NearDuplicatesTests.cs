using CsCheck;
using static TorchSharp.torch;

namespace Clamp.Losses.Training.Tests;

public sealed class NearDuplicatesTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Pairs_AnyEmbeddings_AreThoseOfBruteForce() =>
        (from rows in EmbeddingSets.Any from threshold in Gen.OneOf(Gen.Double[0.01, 1], Gen.Const(1.0), Gen.Const(0.5)) select (rows, threshold)).Sample(sample =>
        {
            using var scope = NewDisposeScope();

            var pairs = NearDuplicates.Pairs(Brute.Embeddings(sample.rows), sample.threshold);

            pairs.Should().Equal(Brute.Pairs(sample.rows, sample.threshold));
        }, iter: 200, threads: 1);

    [Fact]
    public void Pairs_MoreThanABlock_AreFoundWithinAndAcrossBlocks()
    {
        var embeddings = randn(34_000, 8, generator: new Generator(1));
        (int First, int Second)[] planted = [(0, 1), (3, 33_999), (500, 32_767), (511, 512), (32_767, 32_768), (9_000, 33_000)];
        foreach (var (first, second) in planted)
        {
            embeddings[second] = embeddings[first] * 2;
        }

        var pairs = NearDuplicates.Pairs(embeddings, 0.999999);

        pairs.Select(pair => (pair.First, pair.Second)).Should().Equal([.. planted.Append((500, 32_768)).Order()], "32,768 is a copy of 32,767, which is one of 500");
        pairs.Should().AllSatisfy(pair => pair.Similarity.Should().Be(1));
    }

    [Fact]
    public void Pairs_MoreThanTheLimit_AskForAHigherThreshold()
    {
        var act = () => NearDuplicates.Pairs(ones(20, 3), 0.5, most: 189);

        act.Should().Throw<InvalidOptionsException>().WithMessage("threshold is 0.5; it must be higher: more than 189 pairs*");
        NearDuplicates.Pairs(ones(20, 3), 0.5, most: 190).Should().HaveCount(190);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1.01)]
    [InlineData(double.NaN)]
    public void Pairs_ThresholdOutOfRange_IsRefused(double threshold)
    {
        var act = () => NearDuplicates.Pairs(ones(2, 3), threshold);

        act.Should().Throw<InvalidOptionsException>().WithMessage("threshold is *; it must be above 0 and at most 1.");
    }

    [Fact]
    public void Groups_PairsThatShareAnImage_AreConnectedComponents() =>
        (from size in Gen.Int[2, 30] from edges in Gen.Select(Gen.Int[0, 29], Gen.Int[0, 29]).Array[0, 40] select (size, edges)).Sample(sample =>
        {
            SimilarPair[] pairs = [.. sample.edges
                .Select(edge => (First: edge.Item1 % sample.size, Second: edge.Item2 % sample.size))
                .Where(edge => edge.First < edge.Second)
                .Select(edge => new SimilarPair(edge.First, edge.Second, 1))];

            var groups = NearDuplicates.Groups(pairs);

            groups.Select(group => string.Join(' ', group)).Should().Equal(Components(pairs).Select(group => string.Join(' ', group)));
        }, iter: 300, threads: 1);

    /// <summary>Each image's group is all that can be reached from it.</summary>
    private static IEnumerable<IReadOnlyList<int>> Components(SimilarPair[] pairs)
    {
        var seen = new HashSet<int>();
        foreach (var start in pairs.SelectMany(pair => new[] { pair.First, pair.Second }).Order())
        {
            if (seen.Contains(start))
            {
                continue;
            }

            var group = new SortedSet<int> { start };
            while (pairs.Any(pair => group.Contains(pair.First) != group.Contains(pair.Second)))
            {
                foreach (var pair in pairs.Where(pair => group.Contains(pair.First) != group.Contains(pair.Second)).ToList())
                {
                    group.UnionWith([pair.First, pair.Second]);
                }
            }

            seen.UnionWith(group);
            yield return [.. group];
        }
    }
}
