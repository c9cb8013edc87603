using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Clamp.Losses.Samples.Tests.Support;
using Clamp.Losses.Training.Tests;

namespace Clamp.Losses.Samples.Tests.Commands;

/// <summary>Runs that mpirun starts.</summary>
public sealed class ManyProcessesTests : IDisposable
{
    private static readonly string[] Small =
    [
        "pretrain", "--train-images", "24", "--test-images", "12", "--image-size", "16", "--batch-size", "8", "--views", "2",
        "--projection", "16", "8", "--optimizer", "sgd", "--learning-rate", "1e-4",
    ];

    private readonly TemporaryFolder _temporary = new();

    private string Folder => _temporary.PathOf("run");

    public void Dispose() => _temporary.Dispose();

    [SkippableFact]
    public void Pretrain_ByTwoProcesses_DoesWhatOneDoes()
    {
        var folderOfOne = _temporary.PathOf("one");
        using var one = SampleProcess.Start([.. Small, "--epochs", "2", "--output", folderOfOne]);
        one.WaitForExit().Should().Be(0, one.Errors);

        using var two = SampleProcess.StartTogether(2, [.. Small, "--epochs", "2", "--output", Folder]);

        two.WaitForExit().Should().Be(0, two.Errors);
        var (expected, losses) = (Losses(folderOfOne), Losses(Folder));
        losses.Should().HaveCount(6).And.HaveSameCount(expected);
        losses.Zip(expected).Should().OnlyContain(pair => Math.Abs(pair.First - pair.Second) < 1e-4);
        Files(Folder).Should().Equal(Files(folderOfOne));
        Regex.Count(two.Output, "trained in").Should().Be(1, "rank 0 alone speaks");
        two.Output.Should().Contain("2 processes of 1 threads");
        File.ReadAllText(Path.Combine(Folder, "provenance.json")).Should().Contain("\"Processes\": 2");
        two.Errors.Should().BeEmpty();
    }

    [SkippableFact]
    public void Pretrain_OneProcessIsKilled_EndsTheJobAndGoesOnWithAnotherNumber()
    {
        using (var killed = SampleProcess.StartTogether(2, [.. Small, "--epochs", "4", "--checkpoint-every", "1", "--output", Folder]))
        {
            killed.WaitUntil(() => Directory.Exists(Path.Combine(Folder, "checkpoints")));
            var clock = Stopwatch.StartNew();
            killed.Signal("KILL", rank: 1);

            killed.WaitForExit().Should().NotBe(0);
            clock.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(10));
        }

        using var resumed = SampleProcess.StartTogether(3, "pretrain", "--resume", Folder);

        resumed.WaitForExit().Should().Be(0, resumed.Errors);
        resumed.Output.Should().MatchRegex("resumed after step [1-9]");
        Losses(Folder).Should().HaveCount(12);
    }

    [SkippableFact]
    public void Pretrain_OneProcessIsAskedToStop_SavesTheStepThatAllHaveDone()
    {
        using var run = SampleProcess.StartTogether(2, [.. Small, "--epochs", "100000", "--output", Folder]);
        run.WaitUntil(() => File.Exists(Path.Combine(Folder, "metrics.csv")) && Losses(Folder).Count >= 2);

        run.Signal("TERM", rank: 1);

        run.WaitForExit().Should().Be(143, run.Errors);
        var steps = Losses(Folder).Count;
        run.Output.Should().Contain($"stopped after step {steps} of");
        File.Exists(Path.Combine(Folder, "checkpoints", $"step-{steps:D8}.ckpt")).Should().BeTrue("the last step must not be lost");
    }

    [SkippableTheory]
    [InlineData("error: --batch-size is 1; it must be at least 4.", "pretrain", "--batch-size", "1")]
    [InlineData("error: --chunk is 1; it must be 0 or at least 2", "pretrain", "--train-images", "24", "--test-images", "12", "--chunk", "1")]
    [InlineData("error: knn is the work of one process: start it without mpirun.", "knn", "--run", "none")]
    public void Run_AMistake_IsToldOnce(string error, params string[] arguments)
    {
        using var run = SampleProcess.StartTogether(2, [.. arguments, .. arguments[0] == "pretrain" ? new[] { "--output", Folder } : []]);

        run.WaitForExit().Should().NotBe(0);

        Regex.Count(run.Errors, Regex.Escape(error)).Should().Be(1, run.Errors);
    }

    private static List<double> Losses(string folder)
    {
        using var reader = new StreamReader(new FileStream(Path.Combine(folder, "metrics.csv"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return [.. reader.ReadToEnd().Split('\n').Skip(1).SkipLast(1).Select(line => double.Parse(line.Split(',')[2], CultureInfo.InvariantCulture))];
    }

    private static IEnumerable<string> Files(string folder) =>
        Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Select(file => Regex.Replace(Path.GetRelativePath(folder, file), @"tfevents.*", "tfevents")).Order();
}
