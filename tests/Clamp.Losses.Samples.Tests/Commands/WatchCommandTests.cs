using System.Net.Http.Json;
using System.Text.Json;
using Clamp.Losses.Samples.Tests.Support;
using Clamp.Losses.Samples.Tests.Watch;
using Clamp.Losses.Training.Tests;

namespace Clamp.Losses.Samples.Tests.Commands;

/// <summary>One at a time, because the console belongs to the process.</summary>
[Collection(nameof(CommandLineTests))]
public sealed class WatchCommandTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    private string Folder => _temporary.PathOf("run");

    public void Dispose() => _temporary.Dispose();

    [SkippableTheory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task Watch_ARunThatTrains_ShowsItUntilTheSignal(string signal)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Signals are sent by the system's kill.");
        WatchedRuns.Begin(Folder, steps: 5);
        using var watch = SampleProcess.Start("watch", "--run", Folder);
        watch.WaitUntil(() => watch.Output.Contains("http://127.0.0.1:", StringComparison.Ordinal));
        var address = watch.Output.Split(' ').Single(word => word.StartsWith("http:", StringComparison.Ordinal));
        using var client = new HttpClient { BaseAddress = new Uri(address) };

        (await client.GetFromJsonAsync<JsonElement>("run")).GetProperty("steps").GetArrayLength().Should().Be(5);
        watch.Signal(signal);

        watch.WaitForExit().Should().Be(0, watch.Errors);
        Directory.GetFiles(Folder).Select(Path.GetFileName).Should().BeEquivalentTo("config.json", "metrics.csv", "run.lock", "run.pid");
    }

    [Theory]
    [InlineData("70000")]
    [InlineData("-1")]
    public void Watch_NoPort_IsRefused(string port)
    {
        WatchedRuns.Begin(Folder, steps: 5);

        var (exit, _, error) = Trainer.Run("watch", "--run", Folder, "--port", port);

        exit.Should().Be(1);
        error.Should().StartWith($"error: --port is {port}; it must be from 0 to 65535.");
    }

    [Fact]
    public void Watch_NoRun_IsRefused()
    {
        var (exit, _, error) = Trainer.Run("watch", "--run", Folder);

        exit.Should().Be(1);
        error.Should().Contain("config.json").And.Contain("name the folder of a pretraining");
    }
}
