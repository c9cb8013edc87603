using System.Net;
using System.Security.Cryptography;

namespace Clamp.Losses.Training.Tests;

public sealed class DownloaderTests : IDisposable
{
    private static readonly byte[] Content = [.. Enumerable.Range(0, 200_000).Select(i => (byte)(i * i / 7))];

    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _client = new() { Timeout = Timeout.InfiniteTimeSpan };
    private readonly List<FileProgress> _progress = [];

    private string Final => Path.Combine(_folder.Root.FullName, "set.bin");

    private string Part => Final + ".part";

    public void Dispose()
    {
        _client.Dispose();
        _folder.Dispose();
    }

    private async Task Fetch(Uri server, double patience = 30, CancellationToken stop = default)
    {
        var file = new PublicFile("set.bin", new Uri(server, "set.bin"), Md5(Content));
        var downloader = new Downloader(_client, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(patience));
        await downloader.FetchAsync(file, _folder.Root, new Recorder(_progress), stop);
    }

#pragma warning disable CA5351 // The published sums are MD5.
    private static string Md5(byte[] content) => Convert.ToHexStringLower(MD5.HashData(content));
#pragma warning restore CA5351

    [Fact]
    public async Task FetchAsync_NewFile_PutsItInPlaceAndTellsProgress()
    {
        using var server = new FileServer(FileServer.Whole(Content));

        await Fetch(server.Url);

        File.ReadAllBytes(Final).Should().Equal(Content);
        File.Exists(Part).Should().BeFalse();
        _progress.Select(step => step.Bytes).Should().BeInAscendingOrder();
        _progress[^1].Should().Be(new FileProgress(Content.Length, Content.Length));
    }

    [Fact]
    public async Task FetchAsync_NewFile_IsNotSummedAgainLater()
    {
        using var server = new FileServer(FileServer.Whole(Content));

        await Fetch(server.Url);

        var time = File.GetLastWriteTimeUtc(Final);
        File.WriteAllBytes(Final, new byte[Content.Length]);
        File.SetLastWriteTimeUtc(Final, time);
        RememberedSums.Of(Final).Should().Be(Md5(Content), "the sum that was verified is remembered");
    }

    [Fact]
    public async Task FetchAsync_AnEarlierPart_IsContinuedByRange()
    {
        File.WriteAllBytes(Part, Content[..120_000]);
        using var server = new FileServer(FileServer.Resumable(Content));

        await Fetch(server.Url);

        server.Ranges.Should().Equal("bytes=120000-");
        File.ReadAllBytes(Final).Should().Equal(Content);
        _progress[0].Bytes.Should().BeGreaterThan(120_000);
        _progress[^1].Should().Be(new FileProgress(Content.Length, Content.Length));
    }

    [Fact]
    public async Task FetchAsync_ServerThatIgnoresRanges_StartsOver()
    {
        File.WriteAllBytes(Part, Content[..120_000]);
        using var server = new FileServer(FileServer.Whole(Content));

        await Fetch(server.Url);

        File.ReadAllBytes(Final).Should().Equal(Content);
    }

    [Fact]
    public async Task FetchAsync_CompletePart_NeedsNoMoreBytes()
    {
        File.WriteAllBytes(Part, Content);
        using var server = new FileServer(FileServer.Status(HttpStatusCode.RequestedRangeNotSatisfiable));

        await Fetch(server.Url);

        File.ReadAllBytes(Final).Should().Equal(Content);
    }

    [Fact]
    public async Task FetchAsync_TransferThatBreaksOff_GoesOnWhereItStopped()
    {
        using var server = new FileServer(FileServer.BreakingOff(Content, 50_000), FileServer.Resumable(Content));

        await Fetch(server.Url);

        server.Ranges.Should().Equal(null, "bytes=50000-");
        File.ReadAllBytes(Final).Should().Equal(Content);
    }

    [Fact]
    public async Task FetchAsync_TransferThatAlwaysBreaksOff_KeepsThePartOnly()
    {
        using var server = new FileServer(FileServer.BreakingOff(Content, 10_000));

        var act = () => Fetch(server.Url);

        await act.Should().ThrowAsync<IOException>().WithMessage($"*set.bin*Try again*'set.bin' (MD5 {Md5(Content)})*'{_folder.Root.FullName}'*");
        server.Ranges.Should().HaveCount(Downloader.Attempts);
        File.Exists(Final).Should().BeFalse();
        File.ReadAllBytes(Part).Should().Equal(Content[..50_000]);
    }

    [Fact]
    public async Task FetchAsync_ServerErrorThatPasses_IsTriedAgain()
    {
        using var server = new FileServer(
            FileServer.Status(HttpStatusCode.ServiceUnavailable), FileServer.Status(HttpStatusCode.BadGateway), FileServer.Whole(Content));

        await Fetch(server.Url);

        File.ReadAllBytes(Final).Should().Equal(Content);
    }

    [Fact]
    public async Task FetchAsync_FileThatIsNotOffered_IsAskedForOnce()
    {
        using var server = new FileServer(FileServer.Status(HttpStatusCode.NotFound));

        var act = () => Fetch(server.Url);

        await act.Should().ThrowAsync<IOException>().WithMessage("*set.bin*404*put the file*yourself*");
        server.Ranges.Should().HaveCount(1);
    }

    [Fact]
    public async Task FetchAsync_SilentServer_IsGivenUp()
    {
        using var end = new CancellationTokenSource();
        using var server = new FileServer(FileServer.Silence(end.Token), FileServer.Whole(Content));
        var fetched = Fetch(server.Url, patience: 0.2);
        end.CancelAfter(TimeSpan.FromSeconds(1));

        await fetched;

        File.ReadAllBytes(Final).Should().Equal(Content);
    }

    [Fact]
    public async Task FetchAsync_WrongSum_DeletesWhatArrived()
    {
        byte[] damaged = [.. Content];
        damaged[7]++;
        using var server = new FileServer(FileServer.Whole(damaged));

        var act = () => Fetch(server.Url);

        await act.Should().ThrowAsync<InvalidDataException>().WithMessage($"*{Md5(damaged)}*instead of {Md5(Content)}*deleted*");
        _folder.Root.GetFiles().Should().BeEmpty();
    }

    [Fact]
    public async Task FetchAsync_FileThatIsThere_IsKeptWithoutAsking()
    {
        File.WriteAllBytes(Final, Content);
        using var server = new FileServer(FileServer.Status(HttpStatusCode.InternalServerError));

        await Fetch(server.Url);

        server.Ranges.Should().BeEmpty();
    }

    [Fact]
    public async Task FetchAsync_AnotherFileOfThatName_IsLeftAlone()
    {
        File.WriteAllBytes(Final, [1, 2, 3]);
        using var server = new FileServer(FileServer.Whole(Content));

        var act = () => Fetch(server.Url);

        await act.Should().ThrowAsync<InvalidDataException>().WithMessage($"*{Md5([1, 2, 3])}*{Md5(Content)}*left as it is*");
        File.ReadAllBytes(Final).Should().Equal(1, 2, 3);
    }

    [Fact]
    public async Task FetchAsync_NobodyThere_SaysWhatToPutWhere()
    {
        Uri nobody;
        using (var server = new FileServer(FileServer.Whole(Content)))
            nobody = server.Url;

        var act = () => Fetch(nobody);

        await act.Should().ThrowAsync<IOException>()
            .WithMessage($"*{nobody}set.bin*put the file 'set.bin' (MD5 {Md5(Content)}) into '{_folder.Root.FullName}'*");
        File.Exists(Final).Should().BeFalse();
    }

    [Fact]
    public async Task FetchAsync_Stopped_KeepsThePart()
    {
        using var stop = new CancellationTokenSource();
        using var server = new FileServer(FileServer.Silence(stop.Token));
        stop.CancelAfter(TimeSpan.FromMilliseconds(300));

        var act = () => Fetch(server.Url, stop: stop.Token);

        await act.Should().ThrowAsync<OperationCanceledException>();
        File.Exists(Part).Should().BeTrue();
        File.Exists(Final).Should().BeFalse();
    }

    private sealed class Recorder(List<FileProgress> steps) : IProgress<FileProgress>
    {
        public void Report(FileProgress value) => steps.Add(value);
    }
}
