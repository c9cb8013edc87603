using Microsoft.Playwright;

namespace Clamp.Losses.Samples.Tests.Support;

/// <summary>A page in the system's Chromium, without a window; what it told and asked for.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome"];

    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private Browser(IPlaywright playwright, IBrowser browser, IPage page)
    {
        (_playwright, _browser, Page) = (playwright, browser, page);
        page.Console += (_, message) => Complaints.AddRange(message.Type is "error" or "warning" ? [message.Text] : []);
        page.PageError += (_, error) => Complaints.Add(error);
        page.Request += (_, request) => Requests.AddRange(request.Url.StartsWith("data:", StringComparison.Ordinal) ? [] : [request.Url]);
    }

    public IPage Page { get; }

    /// <summary>Errors and warnings on the page's console.</summary>
    public List<string> Complaints { get; } = [];

    /// <summary>What the page asked for, apart from what it holds itself.</summary>
    public List<string> Requests { get; } = [];

    private static string? Chromium => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .SelectMany(folder => Names.Select(name => Path.Combine(folder, name)))
        .FirstOrDefault(File.Exists);

    /// <summary>Opens a file, or skips the test where there is no Chromium.</summary>
    public static async Task<Browser> Open(string file, ColorScheme scheme = ColorScheme.Light)
    {
        Skip.If(Chromium is null, $"none of {string.Join(", ", Names)} is on the PATH");
        var playwright = await Playwright.CreateAsync();
        var chromium = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Args = ["--no-sandbox"] });
        var page = await chromium.NewPageAsync(new() { ColorScheme = scheme, ViewportSize = new() { Width = 1000, Height = 900 } });
        var browser = new Browser(playwright, chromium, page);
        await page.GotoAsync(new Uri(file).AbsoluteUri);
        return browser;
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}
