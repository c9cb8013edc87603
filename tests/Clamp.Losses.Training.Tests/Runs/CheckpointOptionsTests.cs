namespace Clamp.Losses.Training.Tests;

public sealed class CheckpointOptionsTests
{
    private const int StepsPerEpoch = 10;

    [Theory]
    [InlineData(0, 0, new[] { 10, 20, 30, 40 })]
    [InlineData(15, 0, new[] { 15, 30 })]
    [InlineData(15, 2, new[] { 15, 20, 30, 40 })]
    public void IsDue_EverySomeStepsAndWhatIsKept(int everySteps, int keepEveryEpochs, int[] due)
    {
        var options = new CheckpointOptions { EverySteps = everySteps, KeepEveryEpochs = keepEveryEpochs };

        Enumerable.Range(1, 4 * StepsPerEpoch).Where(step => options.IsDue(step, StepsPerEpoch)).Should().Equal(due);
    }

    [Theory]
    [InlineData(-1, 2, 0, "EverySteps is -1")]
    [InlineData(0, 0, 0, "Keep is 0")]
    [InlineData(0, 2, -3, "KeepEveryEpochs is -3")]
    public void Validate_OutOfRange_NamesTheOption(int everySteps, int keep, int keepEveryEpochs, string message)
    {
        var options = new CheckpointOptions { EverySteps = everySteps, Keep = keep, KeepEveryEpochs = keepEveryEpochs };

        options.Invoking(given => given.Validate()).Should().Throw<ArgumentException>().WithMessage($"{message}; it must be at least *");
    }
}
