namespace Clamp.Losses.Training.Tests;

public sealed class CosineScheduleTests
{
    private static readonly CosineSchedule Schedule = new(Peak: 2, WarmupSteps: 10, TotalSteps: 110);

    [Theory]
    [InlineData(0, 0.2)]
    [InlineData(4, 1.0)]
    [InlineData(9, 2.0)]
    public void At_Warmup_ClimbsLinearly(int step, double expected) => Schedule.At(step).Should().BeApproximately(expected, 1e-12);

    [Theory]
    [InlineData(10, 2.0)]
    [InlineData(60, 1.0)]
    [InlineData(110, 0.0)]
    public void At_AfterWarmup_FollowsHalfACosine(int step, double expected) => Schedule.At(step).Should().BeApproximately(expected, 1e-12);

    [Fact]
    public void At_NoWarmup_StartsAtThePeak() => new CosineSchedule(2, 0, 100).At(0).Should().Be(2);

    [Fact]
    public void At_WarmupAlone_StaysInRange() => new CosineSchedule(2, 5, 5).At(4).Should().Be(2);
}
