using Clamp.Losses.Samples.Gallery;
using Clamp.Losses.Samples.Tests.Support;
using Clamp.Losses.Training.Tests;
using Microsoft.Playwright;
using SkiaSharp;

namespace Clamp.Losses.Samples.Tests.Gallery;

public sealed class GalleryPageTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    private static GalleryContent Content { get; } = new(
        "Similar images",
        "The 3 most similar of 6 images.",
        "cosine similarity",
        [new("Most similar to 0.jpg", [new(1, 0.98765), new(2, 0.5), new(3, -0.25)]), new("More", [new(4)])])
    {
        Query = 0,
        Neighbours = new Dictionary<int, IReadOnlyList<GalleryEntry>> { [1] = [new(5, 0.75), new(0, 0.7)], [5] = [new(1, 0.75)] },
    };

    private string File => _temporary.PathOf("gallery.html");

    public void Dispose() => _temporary.Dispose();

    [SkippableTheory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Html_InABrowser_ShowsPicturesWithoutComplaintAndAsksForNothing(ColorScheme scheme)
    {
        await using var browser = await Open(number => new GalleryImage($"{number}.jpg", "cat", Jpeg(number)), scheme);

        browser.Complaints.Should().BeEmpty();
        browser.Requests.Should().ContainSingle().Which.Should().StartWith("file:");
        (await Names(browser)).Should().Equal("0.jpg", "1.jpg", "2.jpg", "3.jpg", "4.jpg");
        (await Loaded(browser)).Should().Be(5);
        (await browser.Page.Locator("li .value").AllTextContentsAsync()).Should().Equal("query", "0.988", "0.500", "-0.250");
        (await browser.Page.TitleAsync()).Should().Be("Similar images");
        var background = await browser.Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");
        background.Should().Be(scheme == ColorScheme.Light ? "rgb(247, 248, 250)" : "rgb(20, 23, 29)");
    }

    [SkippableFact]
    public async Task Html_EveryPicture_HasItsNameAndLabelForWhoDoesNotSeeIt()
    {
        await using var browser = await Open(number => new GalleryImage($"{number}.jpg", number == 2 ? null : "cat", Jpeg(number)));

        var texts = await browser.Page.Locator("img").EvaluateAllAsync<string[]>("all => all.map(image => image.alt)");

        texts.Should().Equal("0.jpg, cat", "1.jpg, cat", "2.jpg", "3.jpg, cat", "4.jpg, cat");
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Picture_WithNeighbours_IsPressed_ShowsThem(bool byKey)
    {
        await using var browser = await Open(number => new GalleryImage($"{number}.jpg", null, Jpeg(number)));

        await Press(browser, byKey);

        await Assertions.Expect(browser.Page.Locator("h2")).ToHaveTextAsync("Most similar to 1.jpg");
        (await Names(browser)).Should().Equal("1.jpg", "5.jpg", "0.jpg");
        (await Loaded(browser)).Should().Be(3);
        browser.Complaints.Should().BeEmpty();
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Back_AfterAPicture_ShowsTheStart(bool byBrowser)
    {
        await using var browser = await Open(number => new GalleryImage($"{number}.jpg", null, Jpeg(number)));
        await Press(browser, byKey: false);
        await Assertions.Expect(browser.Page.Locator("#back")).ToBeVisibleAsync();

        await (byBrowser ? browser.Page.GoBackAsync() : browser.Page.Locator("#back").ClickAsync());

        await Assertions.Expect(browser.Page.Locator("#back")).ToBeHiddenAsync();
        (await Names(browser)).Should().HaveCount(5);
    }

    [SkippableFact]
    public async Task Html_PictureThatIsMissing_IsToldAndCanStillBePressed()
    {
        await using var browser = await Open(number => new GalleryImage($"{number}.jpg", null, number == 1 ? null : Jpeg(number)));

        (await browser.Page.Locator(".missing").AllTextContentsAsync()).Should().Equal("no picture");
        (await browser.Page.Locator("button[aria-label='1.jpg']").CountAsync()).Should().Be(1);
        await browser.Page.Locator("button[aria-label='1.jpg']").ClickAsync();
        await Assertions.Expect(browser.Page.Locator("h2")).ToHaveTextAsync("Most similar to 1.jpg");
        browser.Complaints.Should().BeEmpty();
    }

    [SkippableFact]
    public async Task Html_HostileNames_AreText()
    {
        var content = Content with { Title = PlainPictures.Hostile[0], About = PlainPictures.Hostile[2], Sections = [new(PlainPictures.Hostile[1], [.. Enumerable.Range(0, 6).Select(i => new GalleryEntry(i, 0.5))])] };
        await using var browser = await Open(number => new GalleryImage(PlainPictures.Hostile[number], PlainPictures.Hostile[number], Jpeg(number)), content: content);

        browser.Complaints.Should().BeEmpty();
        browser.Requests.Should().ContainSingle();
        (await browser.Page.TitleAsync()).Should().Be(PlainPictures.Hostile[0]);
        (await browser.Page.Locator("h2").TextContentAsync()).Should().Be(PlainPictures.Hostile[1]);
        (await Names(browser)).Should().Equal(PlainPictures.Hostile.Prepend(PlainPictures.Hostile[0]), "the query stands before its section");
    }

    [SkippableFact]
    public async Task Html_LongNames_KeepTheirEndAndAreWholeInTheTitle()
    {
        const string Folder = "holiday pictures/the long walk along the coast, day three";
        await using var browser = await Open(number => new GalleryImage($"{Folder}/IMG_{number}.jpg", null, Jpeg(number)));

        (await Names(browser)).Should().OnlyHaveUniqueItems().And.OnlyContain(name => name.StartsWith("holiday pi\u2026") && name.Length == 40);
        (await browser.Page.Locator("li .name").Nth(1).GetAttributeAsync("title")).Should().Be($"{Folder}/IMG_1.jpg");
        (await browser.Page.Locator("li .name").EvaluateAllAsync<bool>("all => all.every(name => name.scrollHeight <= name.clientHeight + 1)")).Should().BeTrue("nothing is cut off");
    }

    private async Task<Browser> Open(Func<int, GalleryImage> images, ColorScheme scheme = ColorScheme.Light, GalleryContent? content = null)
    {
        System.IO.File.WriteAllText(File, GalleryPage.Html(content ?? Content, images));
        return await Browser.Open(File, scheme);
    }

    private static Task Press(Browser browser, bool byKey)
    {
        var picture = browser.Page.GetByRole(AriaRole.Button, new() { Name = "1.jpg" });
        return byKey ? picture.PressAsync("Enter") : picture.ClickAsync();
    }

    private static async Task<IReadOnlyList<string>> Names(Browser browser) => await browser.Page.Locator("li .name").AllTextContentsAsync();

    private static Task<int> Loaded(Browser browser) =>
        browser.Page.Locator("img").EvaluateAllAsync<int>("all => all.filter(image => image.complete && image.naturalWidth === 20).length");

    private static byte[] Jpeg(int number)
    {
        using var bitmap = new SKBitmap(20, 20);
        bitmap.Erase(SKColor.FromHsv(number * 50, 70, 80));
        using var data = bitmap.Encode(SKEncodedImageFormat.Jpeg, 90);
        return data.ToArray();
    }
}
