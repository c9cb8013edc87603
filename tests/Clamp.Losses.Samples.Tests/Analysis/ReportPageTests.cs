using System.Xml.Linq;
using Clamp.Losses.Samples.Analysis;
using Clamp.Losses.Samples.Tests.Support;
using Clamp.Losses.Training.Tests;
using Microsoft.Playwright;

namespace Clamp.Losses.Samples.Tests.Analysis;

public sealed class ReportPageTests : IDisposable
{
    private const string Hostile = "</svg></script><script>throw 1</script>\"'&{{body}}";

    private static readonly string[] Sections = ["summary", "curves", "distributions", "spectrum", "map", "views", "neighbours", "confusion", "configuration"];

    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [SkippableTheory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Write_OneRun_ShowsEverySectionAndDrawingWithoutComplaint(ColorScheme scheme)
    {
        await using var browser = await Open(scheme, AnalyzedRuns.Of("run", "cat"));

        browser.Complaints.Should().BeEmpty();
        browser.Requests.Should().ContainSingle().Which.Should().StartWith("file:");
        (await browser.Page.Locator("section").EvaluateAllAsync<string[]>("all => all.map(section => section.id)")).Should().Equal(Sections);
        (await browser.Page.Locator("figure svg[role=img]").EvaluateAllAsync<string[]>("all => all.map(svg => svg.dataset.figure)")).Should().BeEquivalentTo(
            "overview", "loss", "radius", "contacts", "paper-neighbours", "paper-radius", "gradient-norm", "weight-norm",
            "cosines-before", "cosines-after", "distances-before", "distances-after", "orientations-before", "orientations-after",
            "spectrum", "tsne-before", "tsne-after", "pca-before", "pca-after", "views", "neighbours-before", "neighbours-after", "confusion-before", "confusion-after");
        (await browser.Page.Locator("#map figure svg[role=img]").First.Locator("ellipse").CountAsync()).Should().Be(20, "each image is a point");
    }

    [SkippableFact]
    public async Task Write_InTheDark_DrawsLightInkOnDark()
    {
        await using var browser = await Open(ColorScheme.Dark, AnalyzedRuns.Of("run", "cat"));

        (await browser.Page.Locator("#curves svg text").First.EvaluateAsync<string>("text => getComputedStyle(text).fill")).Should().Be("rgb(232, 235, 241)");
        (await browser.Page.Locator("#map figure svg ellipse").First.EvaluateAsync<string>("point => getComputedStyle(point).fill")).Should().Be("rgb(156, 143, 245)");
    }

    [SkippableFact]
    public async Task Write_NamesWithMarkup_AreText()
    {
        await using var browser = await Open(ColorScheme.Light, AnalyzedRuns.Of(Hostile, Hostile));

        browser.Complaints.Should().BeEmpty();
        (await browser.Page.Locator("script").CountAsync()).Should().Be(0);
        (await browser.Page.Locator("h1").TextContentAsync()).Should().EndWith(Hostile);
        (await browser.Page.Locator(".key span").First.TextContentAsync()).Should().EndWith(Hostile);
        (await browser.Page.Locator("section").CountAsync()).Should().Be(Sections.Length);
    }

    [SkippableFact]
    public async Task Write_TwoRuns_LiesThemSideBySide()
    {
        await using var browser = await Open(ColorScheme.Light, AnalyzedRuns.Of("first", "cat"), AnalyzedRuns.Of("second", "cat"));

        browser.Complaints.Should().BeEmpty();
        var boxes = await browser.Page.Locator("#spectrum .run").EvaluateAllAsync<double[][]>("all => all.map(run => [run.getBoundingClientRect().left, run.getBoundingClientRect().top])");
        boxes.Should().HaveCount(2);
        boxes[1][0].Should().BeGreaterThan(boxes[0][0]);
        boxes[1][1].Should().Be(boxes[0][1]);
        (await browser.Page.EvaluateAsync<int>("() => { const ids = [...document.querySelectorAll('[id]')].map(e => e.id); return ids.length - new Set(ids).size; }"))
            .Should().Be(0, "drawings would take each other's clips");
    }

    [SkippableFact]
    public async Task Write_ImagesWithoutLabels_LeavesOutWhatNeedsSome()
    {
        await using var browser = await Open(ColorScheme.Light, AnalyzedRuns.Of("run", "", hasLabels: false));

        (await browser.Page.Locator("#confusion .absent").TextContentAsync()).Should().Contain("no labels");
        (await browser.Page.Locator("#confusion svg").CountAsync()).Should().Be(0);
        (await browser.Page.Locator("#summary table").TextContentAsync()).Should().NotContain("two classes").And.NotContain("probe");
        (await browser.Page.Locator("#distributions svg").CountAsync()).Should().Be(6);
    }

    [SkippableFact]
    public async Task Write_ThirtyClasses_DrawsAMatrixThatCanBeRead()
    {
        await using var browser = await Open(ColorScheme.Light, AnalyzedRuns.Of("run", "cat", classes: 30));
        var texts = browser.Page.Locator("[data-figure=confusion-after] text");

        (await texts.EvaluateAllAsync<double>("all => Math.min(...all.map(text => text.getBoundingClientRect().height))")).Should().BeGreaterThan(9);
        var names = await browser.Page.Locator("[data-figure=confusion-after] text[text-anchor=end]").EvaluateAllAsync<string[]>("all => all.map(text => text.firstChild.data)");
        names.Should().HaveCount(60);
        names.Distinct().Should().HaveCount(30, "they begin alike");
        names.Should().OnlyContain(name => name.Length <= 14);
        (await browser.Page.Locator("#map .key span").CountAsync()).Should().Be(30);
    }

    [SkippableFact]
    public async Task Write_SixtyClasses_NamesThemWhereTheyAreAskedFor()
    {
        await using var browser = await Open(ColorScheme.Light, AnalyzedRuns.Of("run", "cat", classes: 60));

        browser.Complaints.Should().BeEmpty();
        (await browser.Page.Locator("section").CountAsync()).Should().Be(Sections.Length);
        (await browser.Page.Locator("#confusion svg").CountAsync()).Should().Be(0);
        (await browser.Page.Locator("#confusion").TextContentAsync()).Should().Contain("60 classes, 90.2 % right").And.Contain("number 10cat1 of 10").And.NotContain("percent of the row");
        (await browser.Page.Locator("#map details .key").IsVisibleAsync()).Should().BeFalse();
        await browser.Page.Locator("#map summary").ClickAsync();
        (await browser.Page.Locator("#map .key span").CountAsync()).Should().Be(60);
        (await browser.Page.EvaluateAsync<int>("document.documentElement.scrollWidth")).Should().BeLessThanOrEqualTo(1000);
        new FileInfo(_temporary.PathOf("report.html")).Length.Should().BeLessThan(3 << 20);
    }

    [SkippableFact]
    public async Task Write_MoreClassesThanMarks_SaysThatTheyShareThem()
    {
        await using var browser = await Open(ColorScheme.Light, AnalyzedRuns.Of("run", "cat", classes: 101));

        (await browser.Page.Locator("#map .absent").TextContentAsync()).Should().Contain("several classes share one");
        (await browser.Page.Locator("#map .key").CountAsync()).Should().Be(0);
    }

    [Fact]
    public void Write_Files_AreXmlOfTheirOwn()
    {
        var (_, files) = ReportPage.Write([AnalyzedRuns.Of("run", Hostile)]);

        files.Select(file => file.Name).Should().OnlyHaveUniqueItems();
        foreach (var (_, svg) in files)
        {
            XDocument.Parse(svg).Root!.Name.LocalName.Should().Be("svg");
        }
    }

    private async Task<Browser> Open(ColorScheme scheme, params AnalysedRun[] runs)
    {
        var file = _temporary.PathOf("report.html");
        File.WriteAllText(file, ReportPage.Write(runs).Html);
        return await Browser.Open(file, scheme);
    }
}
