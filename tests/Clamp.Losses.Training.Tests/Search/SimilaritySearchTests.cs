using CsCheck;
using static TorchSharp.torch;

namespace Clamp.Losses.Training.Tests;

public sealed class SimilaritySearchTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Nearest_AnyEmbeddings_IsWhatBruteForceFinds() =>
        (from bank in EmbeddingSets.Any from query in Gen.Int[0, 1_000] from k in Gen.Int[1, 120] select (bank, query, k)).Sample(sample =>
        {
            using var scope = NewDisposeScope();
            var query = sample.bank[sample.query % sample.bank.Length].Select((value, i) => value * (i + 1)).ToArray();

            var found = SimilaritySearch.Nearest(Brute.Embeddings(sample.bank), Brute.Embeddings([query]), sample.k);

            found.Should().ContainSingle().Which.Should().Equal(Brute.Nearest(sample.bank, query, sample.k));
        }, iter: 300, threads: 1);

    [Fact]
    public void NearestOthers_AnyEmbeddings_IsWhatBruteForceFindsWithoutTheQueryItself() =>
        (from bank in EmbeddingSets.Any from k in Gen.Int[1, 20] select (bank, k)).Sample(sample =>
        {
            using var scope = NewDisposeScope();

            var found = SimilaritySearch.NearestOthers(Brute.Embeddings(sample.bank), sample.k);

            found.Should().HaveCount(sample.bank.Length);
            for (var row = 0; row < sample.bank.Length; row++)
            {
                found[row].Should().Equal(Brute.Nearest(sample.bank, sample.bank[row], sample.k, itself: row));
            }
        }, iter: 60, threads: 1);

    [Theory]
    [InlineData(40_000, 3, 10)]
    [InlineData(70_000, 40, 10)]
    [InlineData(65_536, 40, 1_200)]
    public void Nearest_MoreThanABlock_IsWhatBruteForceFinds(int count, int width, int k)
    {
        var (bank, queries) = (EmbeddingSets.Large(count, width, seed: 1), EmbeddingSets.Large(3, width, seed: 2));

        var found = SimilaritySearch.Nearest(Brute.Embeddings(bank), Brute.Embeddings(queries), k);

        for (var i = 0; i < queries.Length; i++)
        {
            found[i].Should().Equal(Brute.Nearest(bank, queries[i], k));
        }
    }

    [Fact]
    public void Nearest_ManyQueries_AreAllAnsweredInTheirOrder()
    {
        var (bank, queries) = (EmbeddingSets.Large(50, 8, seed: 1), EmbeddingSets.Large(1_100, 8, seed: 2));

        var found = SimilaritySearch.Nearest(Brute.Embeddings(bank), Brute.Embeddings(queries), 2);

        found.Select(neighbours => neighbours[0]).Should().Equal(queries.Select(query => Brute.Nearest(bank, query, 1).Single()));
    }

    [Fact]
    public void Nearest_AllEqual_TakesTheFirstRows()
    {
        var found = SimilaritySearch.Nearest(ones(33_000, 64), ones(2, 64), 3);

        found.Should().AllSatisfy(neighbours => neighbours.Should().Equal(new Neighbour(0, 1), new Neighbour(1, 1), new Neighbour(2, 1)));
    }

    [Fact]
    public void NearestOthers_SomeRows_AreAnsweredInTheOrderGiven()
    {
        var bank = EmbeddingSets.Large(60, 5, seed: 3);

        var found = SimilaritySearch.NearestOthers(Brute.Embeddings(bank), 4, [7, 0, 7]);

        found[0].Should().Equal(Brute.Nearest(bank, bank[7], 4, itself: 7));
        found[1].Should().Equal(Brute.Nearest(bank, bank[0], 4, itself: 0));
        found[2].Should().Equal(found[0]);
    }

    [Fact]
    public void NearestOthers_OneEmbedding_HasNone() =>
        SimilaritySearch.NearestOthers(ones(1, 4), 3).Should().ContainSingle().Which.Should().BeEmpty();

    [Fact]
    public void Nearest_ZeroLength_IsSimilarToNothingNotEvenItself()
    {
        var found = SimilaritySearch.Nearest(tensor(new[] { 1f, 0, 0, 0, -1, 0 }).reshape(3, 2), tensor(new[] { 1f, 0, 0, 0 }).reshape(2, 2), 5);

        found[0].Should().Equal(new Neighbour(0, 1), new Neighbour(1, 0), new Neighbour(2, -1));
        found[1].Should().Equal(new Neighbour(0, 0), new Neighbour(1, 0), new Neighbour(2, 0));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Nearest_NotFinite_NamesTheEmbedding(float value)
    {
        var bank = ones(33_000, 3);
        bank[32_900, 1] = tensor(value);

        var act = () => SimilaritySearch.Nearest(bank, ones(1, 3), 2);

        act.Should().Throw<ArgumentException>().WithMessage("Embedding 32900 holds NaN or an infinite number*");
    }

    [Fact]
    public void Nearest_KOfZero_IsRefused()
    {
        var act = () => SimilaritySearch.Nearest(ones(2, 3), ones(1, 3), 0);

        act.Should().Throw<InvalidOptionsException>().WithMessage("k is 0; it must be at least 1.");
    }

    [Fact]
    public void Nearest_AnotherWidth_IsRefused()
    {
        var act = () => SimilaritySearch.Nearest(ones(2, 3), ones(1, 4), 1);

        act.Should().Throw<ArgumentException>().WithMessage("Queries are 4 wide, and what is searched 3*");
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    public void NearestOthers_RowOutOfRange_IsRefused(int row)
    {
        var act = () => SimilaritySearch.NearestOthers(ones(2, 3), 1, [0, row]);

        act.Should().Throw<ArgumentOutOfRangeException>().WithMessage("Rows go from 0 to 1.*");
    }

    [Fact]
    public void Nearest_NoEmbeddings_TellsShapeAndType()
    {
        var act = () => SimilaritySearch.Nearest(ones(0, 3), ones(1, 3), 1);

        act.Should().Throw<ArgumentException>().WithMessage("A tensor [0, 3] of Float32 was given; *");
    }

    [Fact]
    public void Nearest_LeavesNoTensor()
    {
        var (bank, queries) = (rand(9_000, 8), rand(40, 8));
        var before = LiveTensors.Count;

        SimilaritySearch.Nearest(bank, queries, 5);

        LiveTensors.Count.Should().Be(before);
    }
}
