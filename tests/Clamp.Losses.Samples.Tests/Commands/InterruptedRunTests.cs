using Clamp.Losses.Samples.Tests.Support;
using Clamp.Losses.Training.Tests;
using Xunit.Abstractions;

namespace Clamp.Losses.Samples.Tests.Commands;

/// <summary>Runs that are killed, stopped or run out of disk, as processes of their own.</summary>
public sealed class InterruptedRunTests(ITestOutputHelper log) : IDisposable
{
    private const int Steps = 60;
    private const int Kills = 4;

    private static readonly string[] Smallest =
    [
        "pretrain", "--train-images", "24", "--test-images", "12", "--image-size", "16", "--batch-size", "8", "--views", "2",
        "--projection", "16", "8",
    ];

    private static readonly string[] SmallRun = [.. Smallest, "--epochs", "20"];

    private readonly TemporaryFolder _temporary = new();

    private string Folder => Path.Combine(_temporary.Root.FullName, "run");

    public void Dispose() => _temporary.Dispose();

    [SkippableFact]
    public void KilledAtRandomMoments_ThenResumed_GivesTheUninterruptedRunsEncoderAndMetrics()
    {
        SkipUnlessOnLinux();
        var seed = Environment.TickCount;
        log.WriteLine($"The moments of the kills come from seed {seed}.");
        var random = new Random(seed);
        var uninterrupted = Path.Combine(_temporary.Root.FullName, "uninterrupted");
        using var whole = SampleProcess.Start([.. SmallRun, "--output", uninterrupted]);

        KillAfterSomeSteps([.. SmallRun, "--checkpoint-every", "2", "--output", Folder], random);
        for (var kill = 1; kill < Kills; kill++)
        {
            KillAfterSomeSteps(["pretrain", "--checkpoint-every", "2", "--resume", Folder], random);
        }

        Finish("pretrain", "--resume", Folder);

        whole.WaitForExit().Should().Be(0, whole.Errors);
        File.ReadAllBytes(Path.Combine(Folder, "encoder.dat")).SequenceEqual(File.ReadAllBytes(Path.Combine(uninterrupted, "encoder.dat")))
            .Should().BeTrue($"every weight must be the same bits (seed {seed})");
        Numbers(Folder).Should().Equal(Numbers(uninterrupted)).And.HaveCount(1 + Steps);
    }

    [SkippableTheory]
    [InlineData("HUP", 129)]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public void StoppedBySignal_FinishesTheStepAndSaves(string signal, int exitCode)
    {
        SkipUnlessOnLinux();
        using var run = SampleProcess.Start([.. Smallest, "--epochs", "100000", "--output", Folder]);
        run.WaitUntil(() => StepsLogged() >= 4);

        run.Signal(signal);

        run.WaitForExit().Should().Be(exitCode, run.Errors);
        var steps = StepsLogged();
        run.Output.Should().Contain($"stopped after step {steps} of").And.Contain($"--resume {Folder}");
        File.Exists(Path.Combine(Folder, "checkpoints", $"step-{steps:D8}.ckpt")).Should().BeTrue("the last step must not be lost");
    }

    [SkippableFact]
    public void SecondResume_IsToldWhoHoldsTheFolder()
    {
        SkipUnlessOnLinux();
        using var run = SampleProcess.Start([.. Smallest, "--epochs", "100000", "--output", Folder]);
        run.WaitUntil(() => StepsLogged() >= 2);

        using var second = SampleProcess.Start("pretrain", "--resume", Folder);

        second.WaitForExit().Should().Be(1, second.Output);
        second.Errors.Should().StartWith($"error: '{Folder}' cannot be trained in").And.Contain($"(process {run.Id} on ");
        run.Kill();
    }

    [SkippableFact]
    public void SecondInterrupt_EndsWithoutFinishingTheStep()
    {
        SkipUnlessOnLinux();
        string[] stepOfManySeconds =
        [
            "pretrain", "--encoder", "resnet18", "--train-images", "64", "--test-images", "12", "--batch-size", "64", "--views", "8",
            "--output", Folder,
        ];
        using var run = SampleProcess.Start(stepOfManySeconds);
        run.WaitUntil(() => File.Exists(Path.Combine(Folder, "metrics.csv")));

        run.Signal("INT");
        run.WaitUntil(() => run.Errors.Contains("finishing the step"));
        run.Signal("INT");

        run.WaitForExit().Should().Be(130);
        run.Output.Should().NotContain("stopped after");
        StepsLogged().Should().Be(0);
    }

    [SkippableFact]
    public void FullDisk_IsToldInALineAndTheRunGoesOnLater()
    {
        SkipUnlessOnLinux();
        using (var first = SampleProcess.Start([.. SmallRun, "--checkpoint-every", "1000", "--output", Folder]))
        {
            first.WaitUntil(() => StepsLogged() >= 2);
            first.Signal("TERM");
            first.WaitForExit().Should().Be(143, first.Errors);
        }

        var kept = Directory.GetFiles(Path.Combine(Folder, "checkpoints"));

        // A checkpoint takes 900 KiB, and every other file less than 400.
        using (var full = SampleProcess.StartWithFullDisk(500, "pretrain", "--resume", Folder))
        {
            full.WaitForExit().Should().Be(1, full.Output);
            full.Errors.Should().MatchRegex("(?m)^error: .*step-.*could not be written; what was there is kept[^\n]*$");
        }

        Directory.GetFiles(Path.Combine(Folder, "checkpoints")).Should().Equal(kept);
        Finish("pretrain", "--resume", Folder);
        Numbers(Folder).Should().HaveCount(1 + Steps);
    }

    [SkippableFact]
    public void ErrorsThatCannotBeWritten_LeaveTheExitCode()
    {
        SkipUnlessOnLinux();
        using var run = SampleProcess.StartWithFullErrors("pretrain", "--preset", "none");

        run.WaitForExit().Should().Be(1);
    }

    private static void SkipUnlessOnLinux() => Skip.IfNot(OperatingSystem.IsLinux(), "It needs bash, ulimit, and coreutils' env and kill.");

    private void KillAfterSomeSteps(string[] arguments, Random random)
    {
        using var run = SampleProcess.Start(arguments);
        var before = StepsLogged();
        run.WaitUntil(() => StepsLogged() != before);
        Thread.Sleep(random.Next(200));
        run.Kill();
        log.WriteLine($"killed at step {StepsLogged()}");
    }

    private static void Finish(params string[] arguments)
    {
        using var run = SampleProcess.Start(arguments);
        run.WaitForExit().Should().Be(0, run.Errors);
    }

    private int StepsLogged()
    {
        var path = Path.Combine(Folder, "metrics.csv");
        if (!File.Exists(path))
        {
            return 0;
        }

        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return Math.Max(0, reader.ReadToEnd().Count(character => character == '\n') - 1);
    }

    /// <summary>The lines of metrics.csv up to the verdict, but for the measured speed: what must repeat.</summary>
    private static IEnumerable<string> Numbers(string folder) => File.ReadLines(Path.Combine(folder, "metrics.csv"))
        .Select(line => line.Split(','))
        .Select(fields => string.Join(',', fields[..4].Concat(fields[5..11])));
}
