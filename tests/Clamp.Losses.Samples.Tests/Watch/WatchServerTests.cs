using System.Net;
using System.Net.Http.Json;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text.Json;
using Clamp.Losses.Samples.Watch;
using Clamp.Losses.Training;
using Clamp.Losses.Training.Tests;

namespace Clamp.Losses.Samples.Tests.Watch;

#pragma warning disable CA1001 // DisposeAsync is xunit's own.
public sealed class WatchServerTests : IAsyncLifetime
#pragma warning restore CA1001
{
    private readonly TemporaryFolder _temporary = new();
    private readonly HttpClient _client = new();
    private RunFolder _run = null!;
    private WatchServer _server = null!;

    public async Task InitializeAsync()
    {
        _run = WatchedRuns.Begin(_temporary.PathOf("run"), steps: 12);
        _server = await WatchServer.Start(new WatchedRun(_run), port: 0);
        _client.BaseAddress = _server.Address;
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
        _temporary.Dispose();
    }

    [Fact]
    public async Task Run_IsAskedFor_TellsSettingsStepsAndScores()
    {
        File.WriteAllText(Path.Combine(_run.Path, "scores.csv"), "step,epoch,linear_probe,knn_20,paper_neighbours,paper_radius\n10,1,,0.25,7,0.3\n");

        var run = await _client.GetFromJsonAsync<JsonElement>("run");

        run.GetProperty("name").GetString().Should().Be("run");
        run.GetProperty("epochs").GetInt32().Should().Be(4);
        run.GetProperty("totalSteps").GetInt32().Should().Be(40);
        run.GetProperty("isFinished").GetBoolean().Should().BeFalse();
        run.GetProperty("steps").GetArrayLength().Should().Be(12);
        run.GetProperty("last").GetProperty("loss").GetDouble().Should().BeApproximately(5.0 / 12, 1e-6, "the file keeps seven digits");
        run.GetProperty("scores")[0].GetProperty("nearestNeighbours").GetDouble().Should().Be(0.25);
        run.GetProperty("scores")[0].GetProperty("linearProbe").ValueKind.Should().Be(JsonValueKind.Null);
    }

    [Fact]
    public async Task Run_TrainsOn_TellsTheNewSteps()
    {
        await _client.GetFromJsonAsync<JsonElement>("run");

        WatchedRuns.Write(_run.MetricsFile, 13, 20);

        (await _client.GetFromJsonAsync<JsonElement>("run")).GetProperty("steps").GetArrayLength().Should().Be(20);
    }

    [Fact]
    public async Task Run_NumbersThatAreNotFinite_AreNull()
    {
        using (var metrics = new MetricsWriter(_run.MetricsFile, 12))
        {
            metrics.Write(WatchedRuns.Step(13) with { MeanRadius = double.NaN, Norms = new ParameterNorms(double.NaN, double.NaN, 1, 1) });
        }

        var last = (await _client.GetFromJsonAsync<JsonElement>("run")).GetProperty("last");

        last.GetProperty("radius").ValueKind.Should().Be(JsonValueKind.Null);
        last.GetProperty("gradient").ValueKind.Should().Be(JsonValueKind.Null);
    }

    [Fact]
    public async Task Run_AskedForByManyAtOnce_AnswersAll()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => _client.GetFromJsonAsync<JsonElement>("run")));

        answers.Should().AllSatisfy(run => run.GetProperty("steps").GetArrayLength().Should().Be(12));
    }

    [Fact]
    public async Task Run_FilesThatCannotBeRead_AreToldWithoutAnEnd()
    {
        File.Delete(_run.MetricsFile);
        File.CreateSymbolicLink(_run.MetricsFile, _run.MetricsFile);

        using var answer = await _client.GetAsync("run");

        answer.StatusCode.Should().Be(HttpStatusCode.ServiceUnavailable);
        (await answer.Content.ReadAsStringAsync()).Should().Contain("metrics.csv");
        File.Delete(_run.MetricsFile);
        (await _client.GetFromJsonAsync<JsonElement>("run")).GetProperty("steps").GetArrayLength().Should().Be(0);
    }

    [Theory]
    [InlineData("/config.json")]
    [InlineData("/run/")]
    [InlineData("/run/metrics.csv")]
    [InlineData("/../config.json")]
    [InlineData("/%2e%2e/config.json")]
    [InlineData("//etc/passwd")]
    [InlineData("/watch.html")]
    public async Task AnythingElse_IsAskedFor_IsNotThere(string target) =>
        (await Raw($"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")).Should().StartWith("HTTP/1.1 404");

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    public async Task OtherMethods_AreRefused(string method)
    {
        var answer = await Raw($"{method} /run HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

        answer.Should().StartWith("HTTP/1.1 405").And.Contain("Allow: GET");
    }

    [Theory]
    [InlineData("localhost", "200")]
    [InlineData("127.0.0.1:1", "200")]
    [InlineData("evil.example", "403")]
    [InlineData("localhost.evil.example", "403")]
    [InlineData("0.0.0.0", "403")]
    public async Task Host_OfAnotherName_IsRefused(string host, string status)
    {
        foreach (var target in new[] { "/", "/run" })
        {
            (await Raw($"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")).Should().StartWith($"HTTP/1.1 {status}");
        }
    }

    [Fact]
    public async Task Answers_AllowNoOtherSite()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "run") { Headers = { { "Origin", "http://evil.example" } } };
        using var answer = await _client.SendAsync(request);

        answer.Headers.Select(header => header.Key).Should().NotContain("Access-Control-Allow-Origin");
        answer.Headers.GetValues("Cross-Origin-Resource-Policy").Should().Equal("same-origin");
        answer.Headers.GetValues("Content-Security-Policy").Single().Should().StartWith("default-src 'none';");
    }

    [SkippableFact]
    public async Task Server_IsOnThisMachinesOwnAddressAlone()
    {
        var others = NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(device => device.GetIPProperties().UnicastAddresses)
            .Select(unicast => unicast.Address)
            .Where(address => address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(address))
            .ToList();
        Skip.If(others.Count == 0, "This machine has no address but its own.");
        foreach (var address in others)
        {
            using var client = new TcpClient();
            var connect = () => client.ConnectAsync(address, _server.Address.Port);

            await connect.Should().ThrowAsync<SocketException>();
        }
    }

    [Fact]
    public async Task Start_PortIsTaken_SaysSo()
    {
        var act = () => WatchServer.Start(new WatchedRun(_run), _server.Address.Port);

        (await act.Should().ThrowAsync<IOException>()).WithMessage("*address already in use*");
    }

    /// <summary>What a client would send that does not tidy up before.</summary>
    private async Task<string> Raw(string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _server.Address.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }
}
