using Clamp.Losses.Samples.Tests.Gallery;
using Clamp.Losses.Samples.Tests.Support;
using Clamp.Losses.Training.Tests;

namespace Clamp.Losses.Samples.Tests.Commands;

/// <summary>Search, duplicates and outliers in one file of embeddings; one at a time, because the console belongs to the process.</summary>
[Collection(nameof(CommandLineTests))]
public sealed class SearchCommandsTests : IClassFixture<EvaluationCommandTests.TinyRun>, IDisposable
{
    private static readonly string[] Names = [.. Enumerable.Range(0, 12).Select(i => $"folder/{i}.jpg")];

    private readonly TemporaryFolder _temporary = new();
    private readonly string _run;

    public SearchCommandsTests(EvaluationCommandTests.TinyRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        _run = run.Folder;
        PlainPictures.Write(Images, Names);
        Write(Names, Images);
    }

    private string Images => _temporary.PathOf("images", "x")[..^2];

    private string Embeddings => _temporary.PathOf("embeddings.npy");

    private string Output => _temporary.PathOf("gallery.html");

    public void Dispose() => _temporary.Dispose();

    [SkippableFact]
    public async Task Search_ANameInTheFile_FindsItsDuplicateFirst()
    {
        var output = Trainer.Succeed("search", "--embeddings", Embeddings, "--query", "folder/1.jpg", "--k", "3", "--output", Output);

        output.Should().Contain("search: 3 of 12 images; wrote ").And.MatchRegex("similarity[^1]*folder/3.jpg[^1]*1.0000");
        await ShouldShow("query folder/1.jpg", "1.000 folder/3.jpg");
    }

    [Fact]
    public void Search_ThePathOfAnImageInTheFile_NeedsNoRun()
    {
        var byPath = Trainer.Succeed("search", "--embeddings", Embeddings, "--query", Path.Combine(Images, "folder", "1.jpg"));

        byPath.Should().Be(Trainer.Succeed("search", "--embeddings", Embeddings, "--query", "folder/1.jpg"));
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Search_AnotherImage_IsEncodedByTheRunOrByWhatItExported(bool exported)
    {
        using (var table = PlainPictures.Table(Names, Images))
        using (var wide = torch.cat([table.Embeddings, torch.zeros(12, 60)], 1))
        using (var sameWidth = new Samples.Embeddings.EmbeddingTable(table.Images, wide.alias()))
        {
            sameWidth.Write(Embeddings);
        }

        PlainPictures.Write(_temporary.Root.FullName, ["new.png"]);

        string[] encoder = exported ? ["--onnx", _temporary.PathOf("encoder.onnx")] : ["--run", _run];
        if (exported)
        {
            Trainer.Succeed("export", "--run", _run, "--output", encoder[1]);
        }

        var output = Trainer.Succeed(["search", "--embeddings", Embeddings, "--query", _temporary.PathOf("new.png"), .. encoder, "--output", Output]);

        output.Should().Contain("search: 10 of 12 images");
        await ShouldShow("query new.png");
    }

    [Fact]
    public void Search_AnotherImageWithoutARun_IsAskedForOne()
    {
        PlainPictures.Write(_temporary.Root.FullName, ["new.png"]);

        Fail("search", "--query", _temporary.PathOf("new.png")).Should().Contain("--run or --onnx must name the encoder");
    }

    [Fact]
    public void Search_ARunOfAnotherWidth_IsRefused()
    {
        PlainPictures.Write(_temporary.Root.FullName, ["new.png"]);

        Fail("search", "--query", _temporary.PathOf("new.png"), "--run", _run).Should().Contain("64 features").And.Contain("which have 4");
    }

    [Fact]
    public void Search_NoSuchImage_IsRefused() => Fail("search", "--query", "13.jpg").Should().StartWith("error: --query is '13.jpg'; it must be a name");

    [Fact]
    public void Search_KOfZero_NamesTheOption() => Fail("search", "--query", "folder/1.jpg", "--k", "0").Should().StartWith("error: --k is 0; it must be at least 1.");

    [SkippableFact]
    public async Task Duplicates_AThreshold_GroupsWhatIsAboveIt()
    {
        var output = Trainer.Succeed("duplicates", "--embeddings", Embeddings, "--threshold", "0.99999", "--output", Output);

        output.Should().Contain("duplicates: 2 pairs of 12 images have a similarity of at least 0.99999, in 2 groups; wrote ");
        await ShouldShow("1.000 folder/1.jpg", "1.000 folder/3.jpg", "1.000 folder/4.jpg", "1.000 folder/5.jpg");
    }

    [Fact]
    public void Duplicates_ChainsOfImages_AreRankedByTheirMostSimilarPair()
    {
        double[] degrees = [0, 3.5, 90, 91, 94];
        float[] onCircle = [.. degrees.SelectMany(angle => new[] { (float)Math.Cos(angle * Math.PI / 180), (float)Math.Sin(angle * Math.PI / 180) })];
        using (var table = new Samples.Embeddings.EmbeddingTable(new Samples.Embeddings.EmbeddedImages(Names[..5]), torch.tensor(onCircle).reshape(5, 2)))
        {
            table.Write(Embeddings);
        }

        var output = Trainer.Succeed("duplicates", "--embeddings", Embeddings, "--threshold", "0.998");

        output.Should().MatchRegex(
            @"Group 1: 3 images\D+0\.9998\D+/2\.jpg\D+0\.9998\D+/3\.jpg\D+0\.9986\D+/4\.jpg\D+Group 2: 2 images\D+0\.9981\D+/0\.jpg\D+0\.9981\D+/1\.jpg");
    }

    [Fact]
    public void Duplicates_AThresholdAboveOne_NamesTheOption() =>
        Fail("duplicates", "--threshold", "1.5").Should().StartWith("error: --threshold is 1.5; it must be above 0 and at most 1.");

    [SkippableFact]
    public async Task Outliers_OneAcrossAllOthers_IsFirst()
    {
        var output = Trainer.Succeed("outliers", "--embeddings", Embeddings, "--k", "4", "--top", "2", "--output", Output);

        output.Should().MatchRegex("distance[^f]*folder/11.jpg").And.Contain("outliers: 2 of 12 images");
        (await ShouldShow()).Should().HaveCount(2).And.Subject.First().Should().EndWith("folder/11.jpg");
    }

    [SkippableFact]
    public async Task Gallery_MissingAndBrokenFiles_AreCountedAndShownByName()
    {
        File.Delete(Path.Combine(Images, "folder", "3.jpg"));
        File.WriteAllText(Path.Combine(Images, "folder", "5.jpg"), "no image");

        var (exit, _, error) = Trainer.Run("duplicates", "--embeddings", Embeddings, "--threshold", "0.99999", "--output", Output);

        exit.Should().Be(0);
        error.Should().StartWith("warning: 2 of 4 images cannot be read");
        await using var browser = await Browser.Open(Output);
        (await browser.Page.Locator(".missing").CountAsync()).Should().Be(2);
        browser.Complaints.Should().BeEmpty();
    }

    [SkippableFact]
    public async Task Gallery_HostileNames_AreTextOnThePageAndInTheTable()
    {
        string[] names = [.. PlainPictures.Hostile.Where(name => !name.Contains('/')), "first.jpg", "last.jpg"];
        PlainPictures.Write(Images, names);
        Write(names, root: null);

        var output = Trainer.Succeed("outliers", "--embeddings", Embeddings, "--data-root", Images, "--output", Output);

        output.Should().Contain("写真 [red]ö.jpg").And.NotContain("\u001b[31m").And.NotContain("\a");
        (await ShouldShow()).Select(card => card[(card.IndexOf(' ') + 1)..]).Should().BeEquivalentTo(names);
    }

    [Fact]
    public void Gallery_AnEarlierOne_IsKept()
    {
        File.WriteAllText(Output, "earlier");

        Fail("outliers", "--output", Output).Should().Contain("holds an earlier result");
        File.ReadAllText(Output).Should().Be("earlier");
        Trainer.Succeed("outliers", "--embeddings", Embeddings, "--output", Output, "--force");
    }

    [Fact]
    public void Shapes_AnEmptyFolder_IsFilledWithFilesByClass()
    {
        var folder = _temporary.PathOf("shapes");

        Trainer.Succeed("shapes", "--output", folder, "--images", "24", "--image-size", "32").Should().Contain("drew 24 images of 32x32");

        Directory.GetDirectories(folder).Should().HaveCount(12).And.AllSatisfy(of => Directory.GetFiles(of, "*.png").Should().HaveCount(2));
        var (exit, _, error) = Trainer.Run("shapes", "--output", folder);
        (exit, error).Should().Be((1, $"error: '{folder}' is not empty; --output must name a new folder or an empty one.{Environment.NewLine}"));
    }

    private void Write(IReadOnlyList<string> names, string? root)
    {
        using var table = PlainPictures.Table(names, root);
        table.Write(Embeddings);
    }

    private string Fail(string command, params string[] arguments)
    {
        var (exit, _, error) = Trainer.Run([command, "--embeddings", Embeddings, .. arguments]);
        exit.Should().Be(1);
        return error;
    }

    /// <summary>Opens the gallery, whose pictures must all be there, and returns the value and name of each; some are expected.</summary>
    private async Task<IReadOnlyList<string>> ShouldShow(params string[] expected)
    {
        await using var browser = await Browser.Open(Output);
        browser.Complaints.Should().BeEmpty();
        browser.Requests.Should().ContainSingle();
        var cards = await browser.Page.Locator("li").EvaluateAllAsync<string[]>(
            "all => all.map(card => `${card.querySelector('.value').textContent} ${card.querySelector('.name').textContent}`)");
        (await browser.Page.Locator("img").EvaluateAllAsync<int>("all => all.filter(image => image.naturalWidth > 0).length")).Should().Be(cards.Length);
        expected.Should().BeSubsetOf(cards);
        return cards;
    }
}
