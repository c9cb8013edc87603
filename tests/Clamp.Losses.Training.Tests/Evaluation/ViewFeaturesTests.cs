using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Clamp.Losses.Training.Tests;

public sealed class ViewFeaturesTests : IDisposable
{
    private static readonly PretrainOptions Options = new() { Seed = 3, Augmentation = new() { SolarizeProbability = 0 }, AlternateAugmentation = new() { SolarizeProbability = 1 } };

    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly MemoryImages _images = ShapesGenerator.Generate(6, 16, seed: 1);

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Extract_ViewsThatDiffer_AreThoseOfTheTransformsInTurn()
    {
        using var encoder = Flatten();

        var found = ViewFeatures.Extract(encoder, _images, Options, views: 3, CPU);

        found.shape.Should().Equal(3, 6, 3 * 16 * 16);
        for (var view = 0; view < 3; view++)
        {
            var augmentation = new MultiViewAugmentation([view == 1 ? Options.AlternateAugmentation! : Options.Augmentation], Options.Seed, Options.Normalisation);
            var expected = augmentation.Views(_images.Pixels([0, 1, 2, 3, 4, 5]), [0, 1, 2, 3, 4, 5], epoch: view, views: 1, outputSize: 16);
            (found[view] - expected[0].flatten(1)).abs().max().item<float>().Should().BeLessThan(1e-5f);
        }
    }

    [Fact]
    public void Extract_ANetworkInTrainingMode_IsInEvalModeMeanwhile()
    {
        using var encoder = Sequential(Flatten(), Dropout(0.5));
        encoder.train();

        var (first, second) = (ViewFeatures.Extract(encoder, _images, Options, 2, CPU), ViewFeatures.Extract(encoder, _images, Options, 2, CPU));

        first.allclose(second).Should().BeTrue("nothing is dropped");
        encoder.training.Should().BeTrue();
    }
}
