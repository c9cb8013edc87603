using System.Text.RegularExpressions;
using Clamp.Losses.Samples.Tests.Support;
using Clamp.Losses.Samples.Watch;
using Clamp.Losses.Training;
using Clamp.Losses.Training.Tests;
using Microsoft.Playwright;

namespace Clamp.Losses.Samples.Tests.Watch;

public sealed class WatchPageTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [SkippableTheory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Page_OfARunThatTrains_DrawsItsCurvesAndAsksThisServerAlone(ColorScheme scheme)
    {
        await using var server = await Serve(Begin(12));
        await using var browser = await Browser.Open($"{server.Address}", scheme);

        await Assertions.Expect(State(browser)).ToContainTextAsync("Training: epoch 2 of 4, step 12 of 40");
        await Assertions.Expect(browser.Page.Locator("#verdict")).ToHaveTextAsync("in contact");
        (await browser.Page.Locator("svg[data-curve]").CountAsync()).Should().Be(6);
        foreach (var curve in await browser.Page.Locator("polyline.mean").AllAsync())
        {
            Regex.Count(await curve.GetAttributeAsync("points") ?? "", @"[\d.]+,[\d.]+").Should().Be(12);
        }

        browser.Complaints.Should().BeEmpty();
        browser.Requests.Should().AllSatisfy(request => request.Should().StartWith($"{server.Address}"));
    }

    [SkippableFact]
    public async Task Page_WhileTheRunTrainsOn_FollowsIt()
    {
        var run = Begin(0);
        await using var server = await Serve(run);
        await using var browser = await Browser.Open($"{server.Address}");
        await Assertions.Expect(State(browser)).ToHaveTextAsync("Waiting for the first step.");

        WatchedRuns.Write(run.MetricsFile, 1, 3);
        await Assertions.Expect(State(browser)).ToContainTextAsync("Training: epoch 1 of 4, step 3");
        WatchedRuns.Write(run.MetricsFile, 4, 40);
        await Assertions.Expect(State(browser)).ToContainTextAsync("step 40 of 40");
        run.Write("encoder.dat", [0]);

        await Assertions.Expect(State(browser)).ToHaveTextAsync("Finished: epoch 4 of 4, step 40 of 40.");
        browser.Complaints.Should().BeEmpty();
    }

    [SkippableFact]
    public async Task Page_OfARunThatIsScored_DrawsTheScores()
    {
        var run = Begin(20);
        File.WriteAllText(
            Path.Combine(run.Path, "scores.csv"),
            "step,epoch,linear_probe,knn_20,paper_neighbours,paper_radius\n10,1,0.31,0.25,7,0.3\n20,2,0.475,0.3,7,0.3\n");
        await using var server = await Serve(run);
        await using var browser = await Browser.Open($"{server.Address}");

        await Assertions.Expect(browser.Page.Locator("[data-curve=scores] text.first")).ToHaveTextAsync("linear probe 47.5 %");
        await Assertions.Expect(browser.Page.Locator("[data-curve=scores] text.second")).ToHaveTextAsync("20-NN 30.0 %");
    }

    [SkippableFact]
    public async Task Curve_IsPointedAt_TellsThatStepInAll()
    {
        await using var server = await Serve(Begin(12));
        await using var browser = await Browser.Open($"{server.Address}");
        var loss = browser.Page.Locator("[data-curve=loss]");

        await loss.HoverAsync();

        await Assertions.Expect(loss.Locator("text.value")).ToHaveTextAsync(new Regex(@"^[\d.]+ at step [567]$"));
        await Assertions.Expect(browser.Page.Locator("[data-curve=radius] text.value")).ToHaveTextAsync(new Regex(@"^0\.5 at step [567]$"));
    }

    [SkippableFact]
    public async Task Page_NameWithMarkup_IsText()
    {
        const string Name = "<img src=x onerror=alert(1)>";
        await using var server = await Serve(WatchedRuns.Begin(_temporary.PathOf(Name), steps: 2));
        await using var browser = await Browser.Open($"{server.Address}");

        await Assertions.Expect(browser.Page.Locator("h1")).ToHaveTextAsync(Name);
        browser.Complaints.Should().BeEmpty();
    }

    [SkippableFact]
    public async Task Page_WhenTheWatchHasEnded_KeepsWhatItShowedAndSaysSo()
    {
        var server = await Serve(Begin(12));
        await using var browser = await Browser.Open($"{server.Address}");
        await Assertions.Expect(State(browser)).ToContainTextAsync("step 12");

        await server.DisposeAsync();

        await Assertions.Expect(State(browser)).ToContainTextAsync("The watch has ended");
        (await browser.Page.Locator("svg[data-curve]").CountAsync()).Should().Be(6);
    }

    private static ILocator State(Browser browser) => browser.Page.Locator("#state");

    private static Task<WatchServer> Serve(RunFolder run) => WatchServer.Start(new WatchedRun(run), port: 0);

    private RunFolder Begin(int steps) => WatchedRuns.Begin(_temporary.PathOf("run"), steps);
}
