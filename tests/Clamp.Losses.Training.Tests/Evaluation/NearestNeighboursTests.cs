using static TorchSharp.torch;

namespace Clamp.Losses.Training.Tests;

public sealed class NearestNeighboursTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(0.07)]
    [InlineData(0.5)]
    public void Evaluate_AnyK_AgreesWithANaiveVote(double temperature)
    {
        var (train, test) = (Clusters.Around(1, 60, 1), Clusters.Around(1, 45, 2));

        var scores = NearestNeighbours.Evaluate(train, test, Clusters.Classes, Votes(temperature, 20, 1, 5, 60));

        scores.Should().Equal(new[] { 1, 5, 20, 60 }.Select(k => new NeighbourScore(k, Naive(train, test, k, temperature))));
    }

    [Fact]
    public void Find_VotersOfManyLengths_AreThoseOfHighestCosine()
    {
        var (voters, features) = (Clusters.Noise(40, 1).Features * 7, Clusters.Noise(5, 2).Features);

        var (similarities, places) = NearestNeighbours.Find(voters, features, 4);

        var cosines = nn.functional.cosine_similarity(features.unsqueeze(1), voters.unsqueeze(0), dim: 2);
        var expected = Enumerable.Range(0, 5).SelectMany(i => Enumerable.Range(0, 40).OrderByDescending(j => cosines[i, j].item<float>()).Take(4)).Select(j => (long)j);
        places.data<long>().ToArray().Should().Equal(expected);
        (similarities - cosines.gather(1, places)).abs().max().item<float>().Should().BeLessThan(1e-6f);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public void Find_MoreThanThereAre_IsRefused(int neighbours) =>
        FluentActions.Invoking(() => NearestNeighbours.Find(ones(3, 2), ones(1, 2), neighbours)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*from 1 to 3*");

    [Fact]
    public void Evaluate_MoreVotersThanArePutSideBySide_FindsTheNearestOfAll()
    {
        const int Voters = 70_000;
        const int Images = 50;
        using var scope = torch.NewDisposeScope();
        using var generator = new torch.Generator(3);
        var (voters, labels) = (torch.randn([Voters, 16], generator: generator), torch.zeros(Voters, torch.int64));
        var test = new FeatureSet(torch.randn([Images, 16], generator: generator), torch.ones(Images, torch.int64));
        for (int i = 0; i < Images; i++)
        {
            // The one voter of the right class lies in the same direction, anywhere among the others.
            var place = (i * (Voters - 1)) / (Images - 1);
            voters[place].copy_(test.Features[i] * 3);
            labels[place] = 1;
        }

        var scores = NearestNeighbours.Evaluate(new FeatureSet(voters, labels), test, classes: 2, new NeighbourOptions { Neighbours = [1] });

        scores.Should().ContainSingle().Which.Top1.Should().Be(1);
    }

    [Fact]
    public void Evaluate_CloserVotesOutweighMore()
    {
        // One voter along the query, two of another class 60 degrees away: exp(1/0.1) beats 2 exp(0.5/0.1).
        var train = new FeatureSet(
            tensor(new[] { 1f, 0f, 0.5f, 0.8660254f, 0.5f, -0.8660254f }).reshape(3, 2), tensor(new[] { 0L, 1L, 1L }));
        var test = new FeatureSet(tensor(new[] { 2f, 0f }).reshape(1, 2), tensor(new[] { 0L }));

        NearestNeighbours.Evaluate(train, test, classes: 2, Votes(0.1, 3)).Should().Equal(new NeighbourScore(3, 1));
    }

    [Fact]
    public void Evaluate_TinyTemperature_FollowsTheNearestInsteadOfOverflowing()
    {
        var (train, test) = (Clusters.Around(1, 60, 1), Clusters.Around(1, 45, 2));
        var nearest = NearestNeighbours.Evaluate(train, test, Clusters.Classes, Votes(0.1, 1))[0].Top1;

        NearestNeighbours.Evaluate(train, test, Clusters.Classes, Votes(1e-6, 60))[0].Top1.Should().Be(nearest);
    }

    [Fact]
    public void Evaluate_MoreThanOneBatch_CountsEveryImage() =>
        NearestNeighbours.Evaluate(Clusters.Around(0.1, 90, 1), Clusters.Around(0.1, 1203, 2), Clusters.Classes, Votes(0.1, 500))
            .Should().Equal(new NeighbourScore(90, 1));

    [Fact]
    public void Choose_HeldOutAndTestImagesDisagree_TakesTheKOfTheHeldOutOnes()
    {
        // Held-out images lie beside one image of another class, in the midst of their own: few neighbours mislead. Test images do not.
        var features = tensor(new[] { 1f, 0f, 1f, 0.1f, 1f, 0.1f, 1f, 0.1f, 1f, 0f, 0f, 1f }).reshape(6, 2);
        var train = new FeatureSet(features, tensor(new[] { 0L, 1L, 1L, 1L, 1L, 0L }));
        var test = new FeatureSet(tensor(new[] { 1f, 0f }).reshape(1, 2), tensor(new[] { 0L }));

        var chosen = NearestNeighbours.Choose(new ProbeFeatures(train, test) { HeldOut = [4] }, classes: 2, Votes(0.1, 1, 4));

        chosen.Should().Be(4);
        NearestNeighbours.Evaluate(train.At(tensor(new[] { 0L, 1, 2, 3, 5 })), test, 2, Votes(0.1, 1, 4)).Select(score => score.Top1).Should().Equal(1, 0);
    }

    [Theory]
    [InlineData(0, 0.1, "Neighbours is 0")]
    [InlineData(5, 0, "Temperature is 0")]
    [InlineData(5, double.NaN, "Temperature is NaN")]
    public void Evaluate_ValueOutOfRange_NamesTheOption(int neighbours, double temperature, string fault)
    {
        var act = () => NearestNeighbours.Evaluate(Clusters.Noise(9, 1), Clusters.Noise(9, 2), Clusters.Classes, Votes(temperature, neighbours));

        act.Should().Throw<ArgumentException>().WithMessage($"*{fault}; it must be *");
    }

    private static NeighbourOptions Votes(double temperature, params int[] neighbours) =>
        new() { Neighbours = neighbours, Temperature = temperature };

    private static double Naive(FeatureSet train, FeatureSet test, int neighbours, double temperature)
    {
        var (bank, queries) = (Rows(train), Rows(test));
        return queries.Average(query => bank
            .Select(row => (row.Label, Similarity: Cosine(row.Feature, query.Feature)))
            .OrderByDescending(row => row.Similarity)
            .Take(neighbours)
            .GroupBy(row => row.Label)
            .MaxBy(votes => votes.Sum(row => Math.Exp(row.Similarity / temperature)))!.Key == query.Label ? 1.0 : 0.0);
    }

    private static List<(float[] Feature, long Label)> Rows(FeatureSet set) =>
        [.. set.Features.data<float>().ToArray().Chunk(Clusters.Classes).Zip(set.Labels.data<long>().ToArray())];

    private static double Cosine(float[] a, float[] b) => Dot(a, b) / Math.Sqrt(Dot(a, a) * Dot(b, b));

    private static double Dot(float[] a, float[] b) => a.Zip(b, (x, y) => (double)x * y).Sum();
}
