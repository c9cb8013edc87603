using Clamp.Losses.Samples.Augmentation;
using Clamp.Losses.Samples.Data;
using Clamp.Losses.Samples.Tests.Data;
using Clamp.Losses.Samples.Training;
using Clamp.Losses.Samples.Training.Checkpoints;

namespace Clamp.Losses.Samples.Tests.Training;

/// <summary>Alone, because weights are drawn from torch's generator and the console belongs to the process.</summary>
[Collection(nameof(PretrainerTests))]
public sealed class TrainingRunTests : IDisposable
{
    private static readonly RunSettings Quiet = new() { Quiet = true };

    private readonly TemporaryFolder _temporary = new();

    private string Folder => Path.Combine(_temporary.Root.FullName, "run");

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Train_Collapse_IsToldOnceWhenItIsSeen()
    {
        // Black images without augmentation: all embeddings are the same.
        var black = new LabelledImages(new byte[24 * 3 * 16 * 16], new int[24], 16, 16, ["black"]);
        var options = SmallRun.Options with { Augmentation = new AugmentationOptions { JitterProbability = 0 } };
        using var trainer = new Pretrainer(options, black, torch.CPU);

        var errors = ErrorsOf(() => Train(trainer, Quiet));

        errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().ContainSingle()
            .Which.Should().StartWith("warning: the embeddings have collapsed at step 1:");
    }

    [Fact]
    public void Train_WhenQuiet_WritesNothing()
    {
        using var trainer = SmallRun.Trainer(SmallRun.Options);

        ErrorsOf(() => Train(trainer, Quiet)).Should().BeEmpty();
    }

    [Fact]
    public void Train_AddsUpWhereTheTimeWent()
    {
        using var trainer = SmallRun.Trainer(SmallRun.Options);
        var run = new TrainingRun(trainer, RunFolder.Create(Folder, SmallRun.Options), Quiet);

        run.Train();

        var (data, encoder, loss, measurement, optimizer) = run.Times;
        new[] { data, encoder, loss, measurement, optimizer }.Should().OnlyContain(seconds => seconds > 0);
        var logged = MetricsFile.ReadThinned(Path.Combine(Folder, "metrics.csv"), SmallRun.Steps);
        logged.Sum(step => step.Times.Total).Should().BeApproximately(run.Times.Total, 1e-4, "the file has microseconds");
    }

    [Fact]
    public void Train_NoCheckpointDue_SavesTheLastStepAllTheSame()
    {
        using var trainer = SmallRun.Trainer(SmallRun.Options);

        Train(trainer, Quiet with { Checkpoints = new CheckpointOptions { EverySteps = 1000 } });

        Directory.GetFiles(Path.Combine(Folder, "checkpoints")).Select(Path.GetFileName).Should().Equal("step-00000006.ckpt");
    }

    [Fact]
    public void Train_FileInPlaceOfTheCheckpointFolder_IsAnIOException()
    {
        using var trainer = SmallRun.Trainer(SmallRun.Options);
        var folder = RunFolder.Create(Folder, SmallRun.Options);
        File.WriteAllText(folder.CheckpointFolder, "in the way");

        var act = () => new TrainingRun(trainer, folder, Quiet).Train();

        act.Should().Throw<IOException>().WithMessage("*checkpoints*");
        File.ReadAllText(folder.CheckpointFolder).Should().Be("in the way");
    }

    private void Train(Pretrainer trainer, RunSettings settings) =>
        new TrainingRun(trainer, RunFolder.Create(Folder, SmallRun.Options), settings).Train();

    private static string ErrorsOf(Action act)
    {
        var (console, errors) = (Console.Out, Console.Error);
        using var written = new StringWriter();
        try
        {
            Console.SetOut(written);
            Console.SetError(written);
            act();
            return written.ToString();
        }
        finally
        {
            Console.SetOut(console);
            Console.SetError(errors);
        }
    }
}
