using static TorchSharp.torch;

namespace Clamp.Losses.Training.Tests;

public sealed class ImageClassifierTests
{
    [Fact]
    public void StateDict_NamesEncoderAndClassifier()
    {
        using var encoder = ResNet.Tiny(width: 4);
        string[] expected = [.. encoder.state_dict().Keys.Select(name => $"encoder.{name}"), "fc.weight", "fc.bias"];
        using var network = new ImageClassifier(encoder, encoder.FeatureWidth, classes: 7, CPU);

        network.state_dict().Keys.Should().BeEquivalentTo(expected);
    }

    [Fact]
    public void Forward_NewClassifier_ScoresEveryClassZero()
    {
        using var scope = NewDisposeScope();
        using var network = new ImageClassifier(ResNet.Tiny(width: 4), featureWidth: 16, classes: 7, CPU);

        var scores = network.call(TestImages.Floats(2, 8, 8));

        scores.shape.Should().Equal(2, 7);
        scores.Values().Should().OnlyContain(score => score == 0);
    }
}
