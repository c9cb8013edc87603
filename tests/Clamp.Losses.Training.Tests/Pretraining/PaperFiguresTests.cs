using static TorchSharp.torch;

namespace Clamp.Losses.Training.Tests;

[Collection(nameof(PretrainerTests))]
public sealed class PaperFiguresTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(2, 0.8)]
    [InlineData(4, 1.5)]
    [InlineData(8, 6)]
    public void Of_ABatch_IsThePapersDefinitionWrittenOut(int views, double radiusScale)
    {
        const int Samples = 20, Width = 5;
        using var generator = new Generator(3);
        var embeddings = randn(1, Samples, Width, generator: generator) + 0.4 * randn(views, Samples, Width, generator: generator);
        using var loss = new ClampLoss(new ClampLossOptions { RadiusScale = radiusScale });
        using var geometry = loss.Measure(embeddings);

        var figures = PaperFigures.Of(geometry, views, radiusScale);

        // The points are the embeddings less their mean over the batch, on the unit sphere.
        var points = nn.functional.normalize(embeddings - embeddings.mean([0L, 1L], keepdim: true), p: 2, dim: 2);
        var centroids = points.mean([0L]);
        var radii = Enumerable.Range(0, Samples)
            .Select(i => Math.Sqrt((points.select(1, i) - centroids[i]).pow(2).sum().item<float>() / views / Math.Min(Width, views)))
            .ToArray();
        var neighbours = Enumerable.Range(0, Samples).Sum(i => Enumerable.Range(0, Samples).Count(
            j => j != i && (centroids[i] - centroids[j]).norm().item<float>() < 0.99 * radiusScale * (radii[i] + radii[j])));
        figures.Radius.Should().BeApproximately(radii.Average(), 1e-5);
        figures.Neighbours.Should().BeApproximately(neighbours / (double)Samples, 1e-9);
        figures.Neighbours.Should().BeGreaterThan(0);
    }

    [Fact]
    public void FiguresOf_HeldOutImages_LeaveTheTrainerAsItIs()
    {
        var options = new PretrainOptions { BatchSize = 12, Views = 3, Projection = [8], Epochs = 1 };
        var (train, heldOut) = (ShapesGenerator.Generate(24, 16, seed: 1), ShapesGenerator.Generate(14, 16, seed: 2));
        byte[] State(bool measured)
        {
            random.manual_seed(1);
            using var encoder = ResNet.Tiny();
            using var trainer = new Pretrainer(options, train, encoder, encoder.FeatureWidth);
            trainer.Run(_ =>
            {
                if (measured)
                    trainer.FiguresOf(heldOut, 0).Radius.Should().BePositive();
            });
            using var state = new MemoryStream();
            using var writer = new BinaryWriter(state);
            trainer.Save(writer);
            return state.ToArray();
        }

        State(measured: true).Should().Equal(State(measured: false));
    }
}
