using Clamp.Losses.Samples.Tests.Support;
using Clamp.Losses.Training.Tests;

namespace Clamp.Losses.Samples.Tests.Commands;

/// <summary>Sweeps that are killed or stopped, as processes of their own.</summary>
public sealed class InterruptedSweepTests : IDisposable
{
    private static readonly string[] Small =
    [
        "--train-images", "24", "--test-images", "12", "--image-size", "16", "--batch-size", "8", "--views", "2", "--projection", "16", "8", "--score", "none",
    ];

    private readonly TemporaryFolder _temporary = new();

    private string Folder => Path.Combine(_temporary.Root.FullName, "sweep");

    private string First => Path.Combine(Folder, "base");

    private string Second => Path.Combine(Folder, "Views=3");

    public void Dispose() => _temporary.Dispose();

    [SkippableFact]
    public void KilledAmidACell_TheSameCommand_GoesOnThereAndLeavesWhatIsFinished()
    {
        SkipUnlessOnLinux();
        string[] sweep = ["sweep", .. Small, "--epochs", "40", "--checkpoint-every", "2", "--vary", "Views=3", "--output", Folder];
        using (var killed = SampleProcess.Start(sweep))
        {
            killed.WaitUntil(() => Lines(Second).Length > 8);
            killed.Kill();
        }

        File.ReadAllLines(Path.Combine(Folder, "sweep.csv")).Should().HaveCount(3, "the table so far is kept")
            .And.Contain(line => line.StartsWith("base,") && line.Contains("Finished"))
            .And.Contain(line => line.StartsWith("Views=3,") && line.Contains("Unfinished"));
        var (first, begun) = (File.GetLastWriteTimeUtc(Path.Combine(First, "encoder.dat")), Lines(Second)[1..4]);
        using var alone = SampleProcess.Start(["pretrain", .. Small, "--epochs", "40", "--set", "Views=3", "--output", _temporary.PathOf("alone")]);

        using var resumed = SampleProcess.Start(sweep);

        resumed.WaitForExit().Should().Be(0, resumed.Errors);
        resumed.Output.Should().Contain("1 of 2 trainings to do").And.NotContain("[1/2]");
        File.GetLastWriteTimeUtc(Path.Combine(First, "encoder.dat")).Should().Be(first);
        Lines(Second)[1..4].Should().Equal(begun, "with their times: these steps are not done again");
        alone.WaitForExit().Should().Be(0, alone.Errors);
        File.ReadAllBytes(Path.Combine(Second, "encoder.dat")).Should().Equal(File.ReadAllBytes(_temporary.PathOf("alone", "encoder.dat")));
    }

    [SkippableFact]
    public void StoppedBySignal_SavesTheStepAndSaysHowToGoOn()
    {
        SkipUnlessOnLinux();
        using var sweep = SampleProcess.Start(["sweep", .. Small, "--epochs", "100000", "--vary", "Views=3", "--output", Folder]);
        sweep.WaitUntil(() => Lines(First).Length > 4);
        using var second = SampleProcess.Start(["sweep", .. Small, "--epochs", "100000", "--vary", "Views=3", "--output", Folder]);
        second.WaitForExit().Should().Be(1, second.Output);
        second.Errors.Should().StartWith($"error: The folder '{Folder}' cannot be used for a sweep");

        sweep.Signal("INT");

        sweep.WaitForExit().Should().Be(130, sweep.Errors);
        sweep.Output.Should().EndWith("stopped with 0 of 2 trainings finished; the same command goes on");
        sweep.Errors.Split("finishing the step").Should().HaveCount(2, "it is told once");
        File.Exists(Path.Combine(First, "checkpoints", $"step-{Lines(First).Length - 1:D8}.ckpt")).Should().BeTrue("the last step must not be lost");
        Directory.Exists(Second).Should().BeFalse();
    }

    [SkippableFact]
    public void FullDisk_IsRecordedForEachCellAndTheSameCommandGoesOnLater()
    {
        SkipUnlessOnLinux();
        string[] sweep = ["sweep", .. Small, "--epochs", "1", "--vary", "Views=3", "--output", Folder];

        // A checkpoint takes 900 KiB, and every other file less than 400.
        using (var full = SampleProcess.StartWithFullDisk(500, sweep))
        {
            full.WaitForExit().Should().Be(1, full.Output);
            full.Errors.Should().MatchRegex("(?m)^error: \\[1/2\\] base: .*could not be written").And.MatchRegex("(?m)^error: \\[2/2\\] Views=3: .*could not be written");
        }

        File.ReadAllLines(Path.Combine(Folder, "sweep.csv"))[1..].Should().HaveCount(2).And.OnlyContain(line => line.Contains("Failed") && line.Contains("could not be written"));
        using var later = SampleProcess.Start(sweep);
        later.WaitForExit().Should().Be(0, later.Errors);
    }

    private static void SkipUnlessOnLinux() => Skip.IfNot(OperatingSystem.IsLinux(), "It needs bash, ulimit, and coreutils' env and kill.");

    private static string[] Lines(string run)
    {
        var path = Path.Combine(run, "metrics.csv");
        if (!File.Exists(path))
        {
            return [];
        }

        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
