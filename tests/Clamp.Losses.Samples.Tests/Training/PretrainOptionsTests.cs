using Clamp.Losses.Samples.Training;

namespace Clamp.Losses.Samples.Tests.Training;

public sealed class PretrainOptionsTests
{
    [Fact]
    public void Validate_Defaults_AreValid() => new PretrainOptions().Invoking(options => options.Validate()).Should().NotThrow();

    [Fact]
    public void Validate_SeveralFaults_ListsEveryOne()
    {
        var options = new PretrainOptions
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
            "image-size is 3", "train-images is -1", "projection", "epochs is 0", "batch-size is 1", "views is 1", "chunk is -1", "learning-rate is NaN", "weight-decay is -1");
    }

    [Fact]
    public void Validate_ChunksOfAnotherLoss_SaysThatOnlyClampHasThem() =>
        new PretrainOptions { Chunk = 16, Loss = LossKind.NtXent }.Invoking(options => options.Validate())
            .Should().Throw<ArgumentException>().WithMessage("--chunk is 16; it must be 0 unless --loss is clamp*");
}
