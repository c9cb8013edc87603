using System.Xml.Linq;
using Clamp.Losses.Samples.Analysis;
using Clamp.Losses.Samples.Configuration;
using Clamp.Losses.Samples.Sweeps;
using Clamp.Losses.Samples.Tests.Support;
using Clamp.Losses.Training;
using Clamp.Losses.Training.Tests;
using Microsoft.Playwright;

namespace Clamp.Losses.Samples.Tests.Sweeps;

public sealed class SweepPageTests : IDisposable
{
    private const string Hostile = "</svg></script><script>throw 1</script>\"'&{{body}}, and\nmore";

    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [SkippableTheory]
    [InlineData(ColorScheme.Light, "rgb(0, 114, 178)")]
    [InlineData(ColorScheme.Dark, "rgb(108, 184, 240)")]
    public async Task Of_ASweep_ShowsADrawingAndATableForEachSettingWithoutComplaint(ColorScheme scheme, string colour)
    {
        await using var browser = await Open(scheme);

        browser.Complaints.Should().BeEmpty();
        browser.Requests.Should().ContainSingle().Which.Should().StartWith("file:");
        (await browser.Page.Locator("figure svg[role=img]").EvaluateAllAsync<string[]>("all => all.map(svg => svg.dataset.figure)")).Should().Equal("panel-0", "panel-1");
        (await browser.Page.Locator("#setting-0 td:first-child").AllTextContentsAsync()).Should().Equal("3 (base)", "7");
        (await browser.Page.Locator("#setting-0 tr").Nth(1).Locator("td").Nth(2).TextContentAsync()).Should().Be("41.0 \u00b1 1.4 (30.0)");
        (await browser.Page.Locator("#setting-0 svg[data-figure] [stroke=\"#0072B2\"]").First.EvaluateAsync<string>("line => getComputedStyle(line).stroke")).Should().Be(colour);
    }

    [SkippableFact]
    public async Task Of_AFailure_ShowsItsReasonAsText()
    {
        await using var browser = await Open(ColorScheme.Light);

        (await browser.Page.Locator("#failed td").AllTextContentsAsync()).Should().Equal("Views=2", Hostile);
        (await browser.Page.Locator("script").CountAsync()).Should().Be(0);
    }

    [Fact]
    public void Panels_WhateverIsThere_AreXmlOnOneScale()
    {
        XDocument.Parse(VectorImage.Grid(SweepDrawing.Panels(Sweep()), 2).ToFile()).Root!.Name.LocalName.Should().Be("svg");
        var nothing = Sweep() with { Outcomes = Sweep().Outcomes.ToDictionary(pair => pair.Key, _ => CellOutcome.Unfinished) };
        SweepDrawing.Panels(nothing).Should().HaveCount(2);
    }

    [Fact]
    public void Csv_OfASweep_HasALineForEachCell() => SweepCsv.Of(Sweep()).Should().Be(
        "cell,Clamp:RadiusScale,Views,seed,state,held_out_images,linear_probe_untrained,linear_probe,knn_20_untrained,knn_20,loss,mean_contacts,mean_radius,verdict,"
        + "seconds,reason\n"
        + "base,3,4,1,Finished,50,0.300000,0.400000,0.200000,0.250000,1.5,12,0.25,Jammed,60.0,\n"
        + "Clamp.RadiusScale=7,7,4,1,Finished,50,0.300000,0.500000,0.200000,0.250000,1.5,12,0.25,Jammed,60.0,\n"
        + $"Views=2,3,2,1,Failed,,,,,,,,,,,\"{Hostile.Replace("\"", "\"\"")}\"\n"
        + "Seed=2,3,4,2,Finished,50,0.300000,0.420000,0.200000,0.250000,1.5,12,0.25,Jammed,60.0,\n"
        + "\"Clamp.RadiusScale=7,Seed=2\",7,4,2,Unfinished,,,,,,,,,,,\n"
        + "\"Views=2,Seed=2\",3,2,2,Unfinished,,,,,,,,,,,\n");

    [Fact]
    public void Rows_OfSeeds_AreMeanAndDeviationOfWhatIsFinished()
    {
        var sweep = Sweep();

        sweep.Rows(sweep.Plan.Varied[0]).Should().BeEquivalentTo(
            new[]
            {
                new[] { "3 (base)", "2", "41.0 \u00b1 1.4 (30.0)", "25.0 \u00b1 0.0 (20.0)", "1.50 \u00b1 0.00", "12.0 \u00b1 0.0", "0.250 \u00b1 0.000", "jammed", "60" },
                ["7", "1 of 2", "50.0 (30.0)", "25.0 (20.0)", "1.50", "12.0", "0.250", "jammed, not finished", "60"],
            },
            options => options.WithStrictOrdering());
    }

    private static SweepResult Sweep()
    {
        var plan = SweepPlan.Of(
            new RunOptions(), [VariedSetting.Parse("Clamp:RadiusScale=7"), VariedSetting.Parse("Views=2")], false, [1, 2], layer => PretrainConfiguration.Resolve([layer]));
        var outcomes = new Dictionary<string, CellOutcome>
        {
            ["base"] = Finished(0.4),
            ["Clamp.RadiusScale=7"] = Finished(0.5),
            ["Views=2"] = new(CellState.Failed, Reason: Hostile),
            ["Seed=2"] = Finished(0.42),
            ["Clamp.RadiusScale=7,Seed=2"] = CellOutcome.Unfinished,
            ["Views=2,Seed=2"] = CellOutcome.Unfinished,
        };
        return new SweepResult(plan, outcomes);
    }

    private static CellOutcome Finished(double probe) => new(
        CellState.Finished, new PretrainReport(50, null, new EncoderScore(0.3, 0.2), new EncoderScore(probe, 0.25)), new TrainingEnd(1.5, 12, 0.25, PackingVerdict.Jammed, 60));

    private async Task<Browser> Open(ColorScheme scheme)
    {
        var file = _temporary.PathOf("sweep.html");
        File.WriteAllText(file, SweepPage.Of("mine", Sweep(), SweepDrawing.Panels(Sweep())));
        return await Browser.Open(file, scheme);
    }
}
