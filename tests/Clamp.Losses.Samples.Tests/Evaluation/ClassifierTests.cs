using Clamp.Losses.Samples.Evaluation;
using Clamp.Losses.Samples.Tests.Support;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Tests.Evaluation;

public sealed class ClassifierTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void LinearProbe_SeparableClasses_IsRight() =>
        LinearProbe.Accuracy(Clusters(300, 0.1, seed: 1), Clusters(100, 0.1, seed: 2), classes: 3, seed: 0).Should().Be(1);

    [Fact]
    public void LinearProbe_FeaturesThatTellNothing_IsAtChance() =>
        LinearProbe.Accuracy(Noise(600, seed: 1), Noise(600, seed: 2), classes: 3, seed: 0).Should().BeInRange(0.25, 0.42, "chance is a third");

    [Fact]
    public void LinearProbe_FeatureOfHugeScale_IsStandardised()
    {
        using var train = Clusters(300, 0.1, seed: 1);
        using var test = Clusters(100, 0.1, seed: 2);
        var scale = tensor(new[] { 1e4f, 1e-4f, 1f });

        var accuracy = LinearProbe.Accuracy(
            new FeatureSet(train.Features * scale, train.Labels), new FeatureSet(test.Features * scale, test.Labels), classes: 3, seed: 0);

        accuracy.Should().Be(1);
    }

    [Fact]
    public void LinearProbe_SameSeed_RepeatsTheScore()
    {
        var (train, test) = (Clusters(200, 1.5, seed: 1), Clusters(300, 1.5, seed: 2));
        LinearProbe.Accuracy(train, test, 3, seed: 4).Should().Be(LinearProbe.Accuracy(train, test, 3, seed: 4));
    }

    [Fact]
    public void LinearProbe_KeepsNoTensorAlive()
    {
        var (train, test) = (Clusters(200, 1.5, seed: 1), Clusters(300, 1.5, seed: 2));
        LinearProbe.Accuracy(train, test, 3, seed: 4);
        var before = LiveTensors.Count;

        LinearProbe.Accuracy(train, test, 3, seed: 4);

        LiveTensors.Count.Should().Be(before);
    }

    [Fact]
    public void LinearProbe_TooFewImages_NamesTheArgument()
    {
        var act = () => LinearProbe.Accuracy(Noise(9, seed: 1), Noise(9, seed: 2), 3, seed: 0);
        act.Should().Throw<ArgumentException>().WithParameterName("train").WithMessage("*9 training images*at least 10*");
    }

    [Fact]
    public void NearestNeighbours_SeparableClasses_IsRight() =>
        NearestNeighbours.Accuracy(Clusters(300, 0.1, seed: 1), Clusters(100, 0.1, seed: 2), classes: 3).Should().Be(1);

    [Fact]
    public void NearestNeighbours_CloserVotesOutweighMore()
    {
        // One voter along the query, two of another class 60 degrees away: exp(1/0.1) beats 2 exp(0.5/0.1).
        using var train = new FeatureSet(
            tensor(new[] { 1f, 0f, 0.5f, 0.8660254f, 0.5f, -0.8660254f }).reshape(3, 2), tensor(new[] { 0L, 1L, 1L }));
        using var test = new FeatureSet(tensor(new[] { 2f, 0f }).reshape(1, 2), tensor(new[] { 0L }));

        NearestNeighbours.Accuracy(train, test, classes: 2, neighbours: 3).Should().Be(1);
    }

    [Fact]
    public void NearestNeighbours_MoreThanOneBatch_CountsEveryImage() =>
        NearestNeighbours.Accuracy(Clusters(90, 0.1, seed: 1), Clusters(1203, 0.1, seed: 2), classes: 3, neighbours: 500).Should().Be(1);

    [Fact]
    public void NearestNeighbours_NoNeighbours_Throws()
    {
        var act = () => NearestNeighbours.Accuracy(Noise(9, seed: 1), Noise(9, seed: 2), 3, neighbours: 0);
        act.Should().Throw<ArgumentOutOfRangeException>().WithParameterName("neighbours");
    }

    /// <summary>Three classes around the three axes.</summary>
    private static FeatureSet Clusters(long count, double noise, ulong seed)
    {
        using var generator = new Generator(seed);
        var labels = arange(count) % 3;
        return new FeatureSet(eye(3).index_select(0, labels) + noise * randn(count, 3, generator: generator), labels);
    }

    private static FeatureSet Noise(long count, ulong seed)
    {
        using var generator = new Generator(seed);
        return new FeatureSet(randn(count, 3, generator: generator), arange(count) % 3);
    }
}
