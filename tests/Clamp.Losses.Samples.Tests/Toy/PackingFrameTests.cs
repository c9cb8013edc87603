using Clamp.Losses.Samples.Toy;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Tests.Toy;

public sealed class PackingFrameTests
{
    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(2)]
    public void Of_AnyBatch_HasTheContactsThatTheLossMeasures(double radiusScale)
    {
        using var embeddings = Embeddings();
        var options = new ClampLossOptions { RadiusScale = radiusScale };

        var frame = PackingFrame.Of(7, embeddings, options);

        using var criterion = new ClampLoss(options);
        using var measured = criterion.Measure(embeddings);
        var contacts = Enumerable.Range(0, 10).Select(i => (long)frame.Contacts.Count(pair => pair.First == i || pair.Second == i));
        contacts.Should().Equal(measured.Contacts.data<long>().ToArray());
        frame.MeanContacts.Should().Be(measured.MeanContacts);
        frame.MeanRadius.Should().Be(measured.MeanRadius);
        frame.Radii.Should().Equal(measured.Radii.data<double>().ToArray());
        frame.Loss.Should().BeApproximately(criterion.call(embeddings).item<float>(), 1e-6);
        frame.Step.Should().Be(7);
    }

    [Fact]
    public void Of_AnyBatch_PutsViewsOnTheSphereAroundTheirCentroids()
    {
        using var embeddings = Embeddings();

        var frame = PackingFrame.Of(0, embeddings, new ClampLossOptions());

        frame.Views.Should().HaveCount(10).And.OnlyContain(views => views.Count == 6);
        frame.Views.SelectMany(views => views).Should().OnlyContain(view => Math.Abs(view.Length() - 1) < 1e-6);
        frame.Centroids.Zip(frame.Views).Should().OnlyContain(
            image => (image.First - image.Second.Aggregate((sum, view) => sum + view) / 6).Length() < 1e-6);
    }

    [Fact]
    public void Of_FourDimensions_IsRefused()
    {
        using var embeddings = zeros(2, 3, 4);

        FluentActions.Invoking(() => PackingFrame.Of(0, embeddings, new ClampLossOptions()))
            .Should().Throw<ArgumentException>().WithMessage("*[2, 3, 4] given; allowed: [V, B, 3]*");
    }

    /// <summary>Six views of ten images, [6, 10, 3], scattered a little, far from the origin.</summary>
    private static Tensor Embeddings()
    {
        using var generator = new Generator(3);
        return randn([1, 10, 3], generator: generator) + 0.3 * randn([6, 10, 3], generator: generator) + 5;
    }
}
