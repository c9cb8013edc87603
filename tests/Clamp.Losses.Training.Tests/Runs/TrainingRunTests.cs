namespace Clamp.Losses.Training.Tests;

/// <summary>Alone, because weights are drawn from torch's generator and it is the process's.</summary>
[Collection(nameof(PretrainerTests))]
public sealed class TrainingRunTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    private string Folder => Path.Combine(_temporary.Root.FullName, "run");

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Train_Collapse_IsToldOnceWhenItIsSeen()
    {
        // Black images without augmentation: all embeddings are the same.
        var black = new MemoryImages(new byte[24 * 3 * 16 * 16], new int[24], 16, 16, ["black"]);
        var options = SmallRun.Options with { Augmentation = new AugmentationOptions { JitterProbability = 0 } };
        using var trainer = SmallRun.Trainer(options, black);

        var heard = Train(trainer);

        heard.Warnings.Should().ContainSingle().Which.Should().StartWith("the embeddings have collapsed at step 1:");
    }

    [Fact]
    public void Train_HealthyRun_ReportsEveryStepAndWarnsOfNothing()
    {
        using var trainer = SmallRun.Trainer(SmallRun.Options);

        var heard = Train(trainer);

        heard.Steps.Should().Equal(1, 2, 3, 4, 5, 6);
        heard.Warnings.Should().BeEmpty();
    }

    [Fact]
    public void Train_AddsUpWhereTheTimeWent()
    {
        using var trainer = SmallRun.Trainer(SmallRun.Options);
        using var run = new TrainingRun(trainer, RunFolder.Create(Folder, SmallRun.Options), new CheckpointOptions());

        run.Train(new Heard());

        var (data, encoder, loss, measurement, optimizer) = run.Times;
        new[] { data, encoder, loss, measurement, optimizer }.Should().OnlyContain(seconds => seconds > 0);
        var logged = MetricsFile.ReadThinned(Path.Combine(Folder, "metrics.csv"), SmallRun.Steps);
        logged.Sum(step => step.Times.Total).Should().BeApproximately(run.Times.Total, 1e-4, "the file has microseconds");
    }

    [Fact]
    public void Train_NoCheckpointDue_SavesTheLastStepAllTheSame()
    {
        using var trainer = SmallRun.Trainer(SmallRun.Options);

        Train(trainer, new CheckpointOptions { EverySteps = 1000 });

        Directory.GetFiles(Path.Combine(Folder, "checkpoints")).Select(Path.GetFileName).Should().Equal("step-00000006.ckpt");
    }

    [Fact]
    public void Train_FileInPlaceOfTheCheckpointFolder_IsAnIOException()
    {
        using var trainer = SmallRun.Trainer(SmallRun.Options);
        var folder = RunFolder.Create(Folder, SmallRun.Options);
        File.WriteAllText(folder.CheckpointFolder, "in the way");

        using var run = new TrainingRun(trainer, folder, new CheckpointOptions());
        var act = () => run.Train(new Heard());

        act.Should().Throw<IOException>().WithMessage("*checkpoints*");
        File.ReadAllText(folder.CheckpointFolder).Should().Be("in the way");
    }

    [Fact]
    public void Train_FolderOfARunningProcess_IsRefused()
    {
        using var trainer = SmallRun.Trainer(SmallRun.Options);
        var folder = RunFolder.Create(Folder, SmallRun.Options);
        using var running = folder.Lock();

        var act = () => new TrainingRun(trainer, folder, new CheckpointOptions());

        act.Should().Throw<IOException>().WithMessage($"'{Folder}' cannot be trained in*another process*process {Environment.ProcessId} on *");
        trainer.StepsDone.Should().Be(0);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    [InlineData(5, 2)]
    [InlineData(6, 2)]
    [InlineData(4, 0)]
    public void Restore_OfWhatAKillInAStepLeaves_GivesTheUninterruptedRun(int step, int everySteps)
    {
        var (checkpoints, left) = (new CheckpointOptions { EverySteps = everySteps }, Path.Combine(_temporary.Root.FullName, "left"));
        using var trainer = SmallRun.Trainer(SmallRun.Options);
        using (var whole = new TrainingRun(trainer, RunFolder.Create(Folder, SmallRun.Options), checkpoints))
        {
            whole.Train(new Heard { OnStep = now => CopyIf(now == step, left) });
        }

        using var second = SmallRun.Trainer(SmallRun.Options);
        using (var resumed = new TrainingRun(second, RunFolder.Resume(left), checkpoints))
        {
            resumed.Restore(message => throw new InvalidOperationException(message));
            second.StepsDone.Should().BeLessThan(step, "its checkpoint is saved after the step was told");
            resumed.Train(new Heard());
        }

        second.State().SequenceEqual(trainer.State()).Should().BeTrue("every weight must be the same bits");
        MetricsFile.ReadThinned(Path.Combine(left, "metrics.csv"), SmallRun.Steps).Select(logged => (logged.Step, logged.Loss)).Should()
            .Equal(MetricsFile.ReadThinned(Path.Combine(Folder, "metrics.csv"), SmallRun.Steps).Select(logged => (logged.Step, logged.Loss)));
    }

    // A process that is killed leaves the files as they are: what it wrote is the system's.
    private void CopyIf(bool isTime, string folder)
    {
        foreach (var file in isTime ? Directory.GetFiles(Folder, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".lock")) : [])
        {
            var copy = Path.Combine(folder, Path.GetRelativePath(Folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            using var source = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var target = File.Create(copy);
            source.CopyTo(target);
        }
    }

    private Heard Train(Pretrainer trainer, CheckpointOptions? checkpoints = null)
    {
        var heard = new Heard();
        using var run = new TrainingRun(trainer, RunFolder.Create(Folder, SmallRun.Options), checkpoints ?? new CheckpointOptions());
        run.Train(heard);
        return heard;
    }

    private sealed class Heard : IRunProgress
    {
        public List<int> Steps { get; } = [];

        public List<string> Warnings { get; } = [];

        public Action<int> OnStep { get; init; } = _ => { };

        public void Report(StepMetrics metrics)
        {
            Steps.Add(metrics.Step);
            OnStep(metrics.Step);
        }

        public void Warn(string message) => Warnings.Add(message);
    }
}
