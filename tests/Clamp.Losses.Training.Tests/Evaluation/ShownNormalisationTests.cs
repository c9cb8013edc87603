using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Clamp.Losses.Training.Tests;

/// <summary>
/// What networks are shown by those that score them and train them on: images that are grey all over, whose crops are, too, so that a
/// normalisation makes one number a channel of them. Alone, because weights are drawn from torch's generator, which is the process's.
/// </summary>
[Collection(nameof(PretrainerTests))]
public sealed class ShownNormalisationTests : IDisposable
{
    private const byte Grey = 51;
    private static readonly Normalisation Given = new() { Mean = [0.1, 0.2, 0.3], StandardDeviation = [0.1, 0.5, 0.2] };
    private static readonly float[] Shown = [1, 0, -0.5f];

    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly List<float[]> _shown = [];

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void FineTuner_TrainingAndScoring_NormalisesAsTold()
    {
        using var network = Classifier();
        using var tuner = new FineTuner(network, Images(), new AugmentationOptions(), new() { Epochs = 1, BatchSize = 8 }, seed: 1, CPU, Given);

        tuner.Run((_, _) => { });
        ShouldBeNormalised();
        tuner.AccuracyOn(Images());

        ShouldBeNormalised();
    }

    [Fact]
    public void FinetuneSweep_TrainingAndScoring_NormalisesAsTold()
    {
        var images = new ImageSplits(Images()).HoldOut(0.25, seed: 1);

        FinetuneSweep.Of(
            Classifier, images, [.. Enumerable.Range(0, 24)], new AugmentationOptions(), new() { Epochs = 1, BatchSize = 8, LearningRates = [0.1] },
            seed: 1, CPU, Given, _ => { });

        ShouldBeNormalised();
    }

    [Theory]
    [InlineData(ScoreKind.Knn)]
    [InlineData(ScoreKind.Probe)]
    public void HeldOutScorer_NormalisesAsTold(ScoreKind kind)
    {
        using var encoder = Encoder();
        var (scorer, _) = HeldOutScorer.Create(kind, new ImageSplits(Images()).HoldOut(0.25, seed: 1), seed: 1, CPU, Given);

        scorer!.Score(encoder);

        ShouldBeNormalised();
    }

    private static MemoryImages Images() =>
        new([.. Enumerable.Repeat(Grey, 24 * 3 * 16 * 16)], [.. Enumerable.Range(0, 24).Select(i => i % 2)], 16, 16, ["a", "b"]);

    private ImageClassifier Classifier() => new(Encoder(), featureWidth: 4, classes: 2, CPU);

    /// <summary>An encoder that keeps the largest and the least value of each channel that it is shown.</summary>
    private TorchSharp.Modules.Sequential Encoder()
    {
        var first = Conv2d(3, 4, 3);
        first.register_forward_hook((_, images, output) =>
        {
            _shown.AddRange(images.detach().amax([2, 3]).Values().Chunk(3));
            _shown.AddRange(images.detach().amin([2, 3]).Values().Chunk(3));
            return output;
        });
        return Sequential(first, ReLU(), AdaptiveAvgPool2d(1), Flatten());
    }

    private void ShouldBeNormalised()
    {
        _shown.Should().NotBeEmpty().And.OnlyContain(channels => channels.Zip(Shown, (a, b) => Math.Abs(a - b) < 1e-5).All(isRight => isRight));
        _shown.Clear();
    }
}
