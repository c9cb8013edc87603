using static TorchSharp.torch;

namespace Clamp.Losses.Training.Tests;

public sealed class TSneTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Probabilities_OfEachPoint_HaveThePerplexity()
    {
        const int Count = 40;
        var points = Clusters.Noise(Count, 3).Features.to(ScalarType.Float64);
        var distances = cdist(points, points).pow(2).data<double>().ToArray();

        var joint = TSne.Probabilities(distances, Count, perplexity: 5);

        joint.Sum().Should().BeApproximately(1, 1e-9);
        for (var i = 0; i < Count; i++)
        {
            // By brute force: the precision whose row has the entropy, found on a fine grid.
            var row = Enumerable.Range(0, Count).Where(j => j != i).Select(j => distances[i * Count + j]).ToArray();
            double[] Shares(double precision)
            {
                var weights = Array.ConvertAll(row, distance => Math.Exp(-precision * distance));
                return Array.ConvertAll(weights, weight => weight / weights.Sum());
            }

            double Perplexity(double precision) => Math.Exp(-Shares(precision).Sum(p => p > 0 ? p * Math.Log(p) : 0));
            var best = Enumerable.Range(1, 4000).Select(k => k * 0.005).MinBy(precision => Math.Abs(Perplexity(precision) - 5));
            var own = Shares(best);
            for (var j = 0; j < Count - 1; j++)
            {
                joint[i * Count + (j < i ? j : j + 1)].Should().BeGreaterThan((own[j] - 0.01) / (2 * Count), "the other's share is added");
            }
        }

        joint.Should().BeEquivalentTo(tensor(joint, [Count, Count]).t().contiguous().data<double>().ToArray(), options => options.WithStrictOrdering());
    }

    [Fact]
    public void Gradient_IsThatOfTheDivergence()
    {
        const int Count = 6;
        var random = new Random(5);
        double[] places = [.. Enumerable.Range(0, 2 * Count).Select(_ => random.NextDouble() * 3)];
        var distances = Enumerable.Range(0, Count * Count).Select(k => k % Count == k / Count ? 0 : 1 + Math.Abs(k % Count - k / Count) * 0.7).ToArray();
        var joint = TSne.Probabilities(distances, Count, perplexity: 1.5);

        var gradient = TSne.Gradient(joint, places, new double[Count * Count], Count, exaggeration: 1);

        for (var k = 0; k < places.Length; k++)
        {
            var (low, high) = ((double[])places.Clone(), (double[])places.Clone());
            (low[k], high[k]) = (low[k] - 1e-5, high[k] + 1e-5);
            gradient[k].Should().BeApproximately((Divergence(joint, high, Count) - Divergence(joint, low, Count)) / 2e-5, 1e-6);
        }
    }

    [Fact]
    public void Place_ThreeFarClusters_KeepsThemApart()
    {
        const int Count = 150;
        var features = Clusters.Around(0.05, Count, 2);

        var places = TSne.Place(features.Features, perplexity: 15);

        var nearest = (cdist(places, places) + eye(Count) * 1e9).argmin(1);
        (features.Labels.index_select(0, nearest) == features.Labels).to(ScalarType.Float64).mean().item<double>()
            .Should().BeGreaterThan(0.95, "a point may be left behind among others");
        places.mean([0]).abs().max().item<double>().Should().BeLessThan(1e-9);
    }

    [Fact]
    public void Place_OfTheSameFeaturesAtAnotherScale_IsTheSame()
    {
        var features = Clusters.Around(0.3, 30, 2).Features.to(ScalarType.Float64);

        var (first, second) = (TSne.Place(features, 5), TSne.Place(features * 1024, 5));

        (first - second).abs().max().item<double>().Should().BeLessThan(1e-6);
    }

    [Fact]
    public void Place_EqualFeatures_AreNumbers() => TSne.Place(ones(10, 3), 2).isfinite().all().item<bool>().Should().BeTrue();

    [Theory]
    [InlineData(3, 1, "*[3, 2] given*4 to 5000*")]
    [InlineData(10, 4, "*perplexity must be from 1 to*3.0*")]
    public void Place_OutOfRange_SaysWhatIsAllowed(int count, double perplexity, string message) =>
        FluentActions.Invoking(() => TSne.Place(ones(count, 2), perplexity)).Should().Throw<ArgumentException>().WithMessage(message);

    private static double Divergence(double[] joint, double[] places, int count)
    {
        var kernel = new double[joint.Length];
        for (var k = 0; k < joint.Length; k++)
        {
            var (i, j) = (k / count, k % count);
            kernel[k] = i == j ? 0 : 1 / (1 + Math.Pow(places[2 * i] - places[2 * j], 2) + Math.Pow(places[2 * i + 1] - places[2 * j + 1], 2));
        }

        var sum = kernel.Sum();
        return joint.Select((p, k) => kernel[k] == 0 ? 0 : p * Math.Log(p / (kernel[k] / sum))).Sum();
    }
}
