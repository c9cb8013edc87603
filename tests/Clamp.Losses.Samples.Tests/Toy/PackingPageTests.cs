using System.Numerics;
using System.Text.RegularExpressions;
using Clamp.Losses.Samples.Tests.Support;
using Clamp.Losses.Samples.Toy;
using Clamp.Losses.Training;
using Clamp.Losses.Training.Tests;
using Microsoft.Playwright;

namespace Clamp.Losses.Samples.Tests.Toy;

public sealed class PackingPageTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    private string File => _temporary.PathOf("toy.html");

    public void Dispose() => _temporary.Dispose();

    [SkippableTheory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Html_InABrowser_DrawsWithoutComplaintAndAsksForNothing(ColorScheme scheme)
    {
        await using var browser = await Open(ToyFrames.Of(8), scheme);
        var page = browser.Page;

        browser.Complaints.Should().BeEmpty();
        browser.Requests.Should().ContainSingle().Which.Should().StartWith("file:");
        (await page.Locator("#curves polyline").CountAsync()).Should().Be(3);
        foreach (var curve in await page.Locator("#curves polyline").AllAsync())
        {
            Regex.Count(await curve.GetAttributeAsync("points") ?? "", @"[\d.]+,[\d.]+").Should().Be(9);
        }

        (await page.Locator("#images img").EvaluateAllAsync<int>("all => all.filter(image => image.naturalWidth === 16).length")).Should().Be(10);
    }

    [SkippableFact]
    public async Task Slider_IsMoved_ShowsAnotherFrame()
    {
        var frames = ToyFrames.Of(8);
        await using var browser = await Open(frames);
        var (before, cursor) = (await Picture(browser), await Cursor(browser));

        await browser.Page.Locator("#frame").FocusAsync();
        await browser.Page.Keyboard.PressAsync("End");

        (await browser.Page.Locator("#state").TextContentAsync()).Should().StartWith("step 8: ")
            .And.Contain($"{frames[^1].Contacts.Count} contacts");
        (await Picture(browser)).Should().NotBe(before);
        (await Cursor(browser)).Should().BeGreaterThan(cursor);
        browser.Complaints.Should().BeEmpty();
    }

    [SkippableFact]
    public async Task Play_IsPressed_GoesToTheEndAndStops()
    {
        await using var browser = await Open(ToyFrames.Of(3));

        await browser.Page.Locator("#play").FocusAsync();
        await browser.Page.Keyboard.PressAsync("Space");

        await Assertions.Expect(browser.Page.Locator("#state")).ToContainTextAsync("step 3:");
        await Assertions.Expect(browser.Page.Locator("#play")).ToHaveTextAsync("Play");
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Sphere_IsDraggedOrTurnedByKeys_LooksDifferent(bool byKeys)
    {
        await using var browser = await Open(ToyFrames.Of(3));
        var before = await Picture(browser);

        if (byKeys)
        {
            await browser.Page.Locator("#sphere").FocusAsync();
            await browser.Page.Keyboard.PressAsync("ArrowRight");
        }
        else
        {
            await browser.Page.Mouse.MoveAsync(300, 400);
            await browser.Page.Mouse.DownAsync();
            await browser.Page.Mouse.MoveAsync(350, 380);
        }

        (await Picture(browser)).Should().NotBe(before);
    }

    [SkippableFact]
    public async Task Html_NamesWithMarkup_AreText()
    {
        const string Name = "</script><script>throw 1</script>\"'&{{data}}";
        var images = new MemoryImages(new byte[10 * 3 * 4 * 4], [.. Enumerable.Range(0, 10)], 4, 4, [.. Enumerable.Repeat(Name, 10)]);
        System.IO.File.WriteAllText(File, PackingPage.Html(Name, images, ToyFrames.Of(1), Matrix4x4.Identity));

        await using var browser = await Browser.Open(File);

        browser.Complaints.Should().BeEmpty();
        (await browser.Page.Locator("#images img").First.GetAttributeAsync("alt")).Should().Be(Name);
    }

    [Fact]
    public void Html_ManyFrames_KeepsAHundredWithTheFirstAndTheLast()
    {
        var frame = ToyFrames.Of(1)[0];
        var frames = Enumerable.Range(0, 1000).Select(step => frame with { Step = step, Views = [.. frame.Views.Select(views => views.Take(1).ToList())] });

        var page = PackingPage.Html("shapes", ToyFrames.Images, [.. frames], Matrix4x4.Identity);

        var steps = Regex.Matches(page, "\"step\":(\\d+)").Select(match => int.Parse(match.Groups[1].Value)).ToList();
        steps.Should().HaveCount(101).And.BeInAscendingOrder().And.StartWith(0).And.EndWith(999);
    }

    private async Task<Browser> Open(IReadOnlyList<PackingFrame> frames, ColorScheme scheme = ColorScheme.Light)
    {
        System.IO.File.WriteAllText(File, PackingPage.Html("drawn shapes", ToyFrames.Images, frames, Viewpoint.Facing(frames[^1].Centroids)));
        return await Browser.Open(File, scheme);
    }

    private static Task<string> Picture(Browser browser) => browser.Page.EvaluateAsync<string>("document.getElementById('sphere').toDataURL()");

    private static async Task<double> Cursor(Browser browser) =>
        double.Parse(await browser.Page.Locator("#curves circle").First.GetAttributeAsync("cx") ?? "", System.Globalization.CultureInfo.InvariantCulture);
}
