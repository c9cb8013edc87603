namespace Clamp.Losses.Training.Tests;

public sealed class MetricsWriterTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    private string FilePath => _temporary.PathOf("metrics.csv");

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Write_ThenRead_GivesTheStepBack()
    {
        Write(stepsDone: 0, 1);

        MetricsFile.ReadThinned(FilePath, totalSteps: 1).Should().Equal(Step(1));
    }

    [Fact]
    public void Constructor_AfterAStep_CutsOffWhatLiesBeyond()
    {
        Write(stepsDone: 0, 1, 2, 3, 4, 5);

        Write(stepsDone: 3, 4);

        Steps().Should().Equal(1, 2, 3, 4);
    }

    [Fact]
    public void Constructor_LineCutByAKill_IsReplaced()
    {
        Write(stepsDone: 0, 1, 2, 3);
        using (var file = File.OpenWrite(FilePath))
        {
            file.SetLength(file.Length - 1);
        }

        Write(stepsDone: 3, 4);

        Steps().Should().Equal(1, 2, 4);
        File.ReadAllText(FilePath).Should().EndWith("\n");
    }

    [Fact]
    public void Constructor_DamagedHeaderAndLine_KeepsAllOtherSteps()
    {
        Write(stepsDone: 0, 1, 2, 3);
        File.WriteAllText(FilePath, File.ReadAllText(FilePath).Replace("step,epoch", "st", StringComparison.Ordinal).Replace("\n2,", "\nx,", StringComparison.Ordinal));

        Write(stepsDone: 3, 4);

        File.ReadLines(FilePath).First().Should().Be(MetricsFile.Header);
        Steps().Should().Equal(1, 3, 4);
    }

    [Fact]
    public void Constructor_LinesOfVersionsWithoutNorms_AreKeptWithNormsUnknown()
    {
        File.WriteAllText(FilePath, "step,epoch\n1,1,-0.5,0.25,12.5,3,0.125,0,1,2,InContact,0.5,0.25,0.125,1,2\n");

        Write(stepsDone: 1, 2);

        var unknown = new ParameterNorms(double.NaN, double.NaN, double.NaN, double.NaN);
        MetricsFile.ReadThinned(FilePath, totalSteps: 2).Should().Equal(Step(1) with { Norms = unknown }, Step(2));
        File.ReadLines(FilePath).Select(line => line.Count(letter => letter == ',')).Distinct().Should().ContainSingle();
    }

    [Fact]
    public void Constructor_FromTheBeginning_LeavesTheHeaderAlone()
    {
        Write(stepsDone: 0, 1, 2);

        Write(stepsDone: 0);

        File.ReadAllLines(FilePath).Should().Equal(MetricsFile.Header);
    }

    [Fact]
    public void ReadThinned_LongRun_HasItsEndsAndNoMoreThanAskedFor()
    {
        Write(stepsDone: 0, [.. Enumerable.Range(1, 105)]);

        var steps = MetricsFile.ReadThinned(FilePath, totalSteps: 105, most: 20).Select(step => step.Step).ToList();

        steps.Should().BeInAscendingOrder().And.HaveCountLessThanOrEqualTo(21).And.HaveCountGreaterThan(15);
        (steps[0], steps[^1]).Should().Be((1, 105));
    }

    [Fact]
    public void ReadThinned_DamagedLine_IsShown()
    {
        File.WriteAllText(FilePath, MetricsFile.Header + "\n1,1,lost\n");

        var act = () => MetricsFile.ReadThinned(FilePath, totalSteps: 1);

        act.Should().Throw<InvalidDataException>().WithMessage("*metrics.csv*'1,1,lost'*");
    }

    // Values that the file's digits hold exactly.
    private static StepMetrics Step(int step) =>
        new(step, 1, -0.5, 0.25, 12.5, 3, 0.125, 0, 1, 2, PackingVerdict.InContact, new StepTimes(0.5, 0.25, 0.125, 1, 2), new ParameterNorms(4, 8, 16, 32));

    private void Write(int stepsDone, params int[] steps)
    {
        using var writer = new MetricsWriter(FilePath, stepsDone);
        foreach (var step in steps)
        {
            writer.Write(Step(step));
        }
    }

    private IEnumerable<int?> Steps() => File.ReadLines(FilePath).Skip(1).Select(MetricsFile.StepOf);
}
