using Clamp.Losses.Samples.Watch;
using Clamp.Losses.Training;
using Clamp.Losses.Training.Tests;

namespace Clamp.Losses.Samples.Tests.Watch;

public sealed class MetricsTailTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    private string FilePath => _temporary.PathOf("metrics.csv");

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Refresh_BeforeThereIsAFile_HasNoSteps()
    {
        var tail = new MetricsTail(FilePath);

        tail.Refresh();

        tail.Steps.Should().BeEmpty();
        tail.Last.Should().BeNull();
    }

    [Fact]
    public void Refresh_WhileATrainerWrites_HasEachStepOnce()
    {
        using var writer = new MetricsWriter(FilePath, stepsDone: 0);
        var tail = new MetricsTail(FilePath);

        for (var step = 1; step <= 25; step++)
        {
            writer.Write(WatchedRuns.Step(step));
            tail.Refresh();

            tail.Steps.Select(read => read.Step).Should().Equal(Enumerable.Range(1, step));
        }

        tail.Last.Should().Be(WatchedRuns.Step(25));
    }

    [Fact]
    public void Refresh_ALineThatIsNotWholeYet_WaitsForIt()
    {
        var line = MetricsFile.Format(WatchedRuns.Step(1));
        var tail = new MetricsTail(FilePath);

        for (var length = 0; length < line.Length; length += 7)
        {
            File.WriteAllText(FilePath, $"{MetricsFile.Header}\n{line[..length]}");
            tail.Refresh();
            tail.Steps.Should().BeEmpty();
        }

        File.WriteAllText(FilePath, $"{MetricsFile.Header}\n{line}\n");
        tail.Refresh();
        tail.Steps.Should().Equal(WatchedRuns.Step(1));
    }

    [Theory]
    [InlineData(5, 6)]
    [InlineData(5, 20)]
    [InlineData(5, 40)]
    [InlineData(0, 1)]
    public void Refresh_OfARunThatWasResumed_HasTheStepsOfNow(int kept, int last)
    {
        WatchedRuns.Write(FilePath, 1, 20);
        var tail = new MetricsTail(FilePath);
        tail.Refresh();

        using (var writer = new MetricsWriter(FilePath, kept))
        {
            for (var step = kept + 1; step <= last; step++)
            {
                // Other digits, so that lines no longer begin where they did.
                writer.Write(WatchedRuns.Step(step) with { LearningRate = 0.123 });
            }
        }

        tail.Refresh();

        tail.Steps.Select(read => read.Step).Should().Equal(Enumerable.Range(1, last));
        tail.Last!.LearningRate.Should().Be(0.123);
    }

    [Fact]
    public void Refresh_AfterTheFileWasRemoved_HasNoSteps()
    {
        WatchedRuns.Write(FilePath, 1, 20);
        var tail = new MetricsTail(FilePath);
        tail.Refresh();

        File.Delete(FilePath);
        tail.Refresh();

        tail.Steps.Should().BeEmpty();
        tail.StepsPerEpoch.Should().BeNull();
    }

    [Fact]
    public void Refresh_ALineThatIsNoStep_IsPassedOver()
    {
        File.WriteAllText(FilePath, $"{MetricsFile.Header}\n{MetricsFile.Format(WatchedRuns.Step(1))}\n\u00ff,lost\n{MetricsFile.Format(WatchedRuns.Step(2))}\n");
        var tail = new MetricsTail(FilePath);

        tail.Refresh();
        tail.Refresh();

        tail.Steps.Should().Equal(WatchedRuns.Step(1), WatchedRuns.Step(2));
    }

    [Fact]
    public void Refresh_OfManySteps_KeepsTheFirstTheLastAndSomeEquallyFarApart()
    {
        WatchedRuns.Write(FilePath, 1, 9_998);
        var tail = new MetricsTail(FilePath);

        tail.Refresh();

        var steps = tail.Steps.Select(read => read.Step).ToList();
        steps.Should().HaveCountGreaterThan(1000).And.HaveCountLessThanOrEqualTo(2001).And.StartWith(1).And.EndWith(9_998);
        steps[..^1].Zip(steps[1..^1], (one, next) => next - one).Should().AllBeEquivalentTo(steps[1] - 1);
    }

    [Theory]
    [InlineData(10, null)]
    [InlineData(11, 10)]
    [InlineData(25, 10)]
    public void StepsPerEpoch_IsKnownFromTheSecondEpochOn(int steps, int? expected)
    {
        WatchedRuns.Write(FilePath, 1, steps);
        var tail = new MetricsTail(FilePath);

        tail.Refresh();

        tail.StepsPerEpoch.Should().Be(expected);
    }
}
