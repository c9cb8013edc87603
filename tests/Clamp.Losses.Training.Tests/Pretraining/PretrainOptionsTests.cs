namespace Clamp.Losses.Training.Tests;

public sealed class PretrainOptionsTests
{
    [Fact]
    public void Validate_Defaults_AreValid() => new RunOptions().Invoking(options => options.Validate()).Should().NotThrow();

    [Fact]
    public void Validate_SeveralFaults_ListsEveryOne()
    {
        var options = new RunOptions
        {
            ImageSize = 3,
            TrainImages = -1,
            Projection = [],
            Epochs = 0,
            BatchSize = 1,
            Views = 1,
            Chunk = -1,
            LearningRate = double.NaN,
            WeightDecay = -1,
        };

        options.Invoking(o => o.Validate()).Should().Throw<ArgumentException>().Which.Message.Should().ContainAll(
            "ImageSize is 3", "TrainImages is -1", "Projection", "Epochs is 0", "BatchSize is 1", "Views is 1", "Chunk is -1", "LearningRate is NaN", "WeightDecay is -1");
    }

    [Fact]
    public void Validate_ChunksOfAnotherLoss_SaysThatOnlyClampHasThem() =>
        new RunOptions { Chunk = 16, Loss = LossKind.NtXent }.Invoking(options => options.Validate())
            .Should().Throw<ArgumentException>().WithMessage("Chunk is 16; it must be 0 unless Loss is Clamp*");

    [Fact]
    public void Validate_FaultsOfEveryPart_AreListedTogether()
    {
        var options = new RunOptions
        {
            StemPadding = 3,
            Momentum = 1,
            TrustCoefficient = 0,
            Clamp = new ClampLossOptions { RadiusScale = -2 },
            Augmentation = new AugmentationOptions { Hue = 1 },
            AlternateAugmentation = new AugmentationOptions { FlipProbability = 2 },
        };

        options.Invoking(o => o.Validate()).Should().Throw<ArgumentException>().Which.Message.Should().ContainAll(
            "StemPadding is 3", "Momentum is 1", "TrustCoefficient is 0", "Clamp: RadiusScale is -2", "Augmentation: Hue is 1",
            "AlternateAugmentation: FlipProbability is 2");
    }

    [Fact]
    public void Validate_PaddingOfTheLargeStem_IsRefused() =>
        new RunOptions { SmallStem = false, StemPadding = 2 }.Invoking(options => options.Validate())
            .Should().Throw<ArgumentException>().WithMessage("StemPadding is 2; it must be 1 unless SmallStem is true*");

    [Theory]
    [InlineData(LearningRateScaling.None, 1024, 0.1)]
    [InlineData(LearningRateScaling.Linear, 1024, 0.4)]
    [InlineData(LearningRateScaling.SquareRoot, 1024, 0.2)]
    [InlineData(LearningRateScaling.Linear, 64, 0.025)]
    [InlineData(LearningRateScaling.SquareRoot, 64, 0.05)]
    [InlineData(LearningRateScaling.SquareRoot, 256, 0.1)]
    public void PeakLearningRate_FollowsTheBatch(LearningRateScaling scaling, int batch, double expected) =>
        new RunOptions { LearningRate = 0.1, LearningRateScaling = scaling, BatchSize = batch }
            .PeakLearningRate().Should().BeApproximately(expected, 1e-12);
}
