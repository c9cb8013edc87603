using System.Net;
using Clamp.Losses.Samples.Pages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace Clamp.Losses.Samples.Watch;

/// <summary>
/// A run to look at in a browser of this machine: a page, and the numbers that it asks for again and again. Nothing else can be asked for,
/// nothing can be changed, and no other machine, and no other site's page, gets an answer.
/// </summary>
internal sealed class WatchServer : IAsyncDisposable
{
    private const string Policy = "default-src 'none'; connect-src 'self'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

    private static readonly string[] OwnNames = [IPAddress.Loopback.ToString(), "localhost"];

    private readonly WebApplication _application;

    private WatchServer(WebApplication application) => _application = application;

    /// <summary>Where the page is.</summary>
    public Uri Address => new(_application.Urls.Single());

    /// <summary>Starts it.</summary>
    /// <param name="run">The run.</param>
    /// <param name="port">The port, or 0 for any that is free.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<WatchServer> Start(WatchedRun run, int port)
    {
        // Empty: neither environment nor settings files of another application decide where it listens.
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(server =>
        {
            server.AddServerHeader = false;
            server.Listen(IPAddress.Loopback, port);
        });
        var application = builder.Build();
        var page = PageTemplate.Text("watch.html");
        application.Run(context => Answer(context, page, run));
        await application.StartAsync();
        return new WatchServer(application);
    }

    /// <summary>Waits for Ctrl-C or SIGTERM.</summary>
    public Task WaitForSignal() => _application.WaitForShutdownAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private static async Task Answer(HttpContext context, string page, WatchedRun run)
    {
        var (request, response) = (context.Request, context.Response);
        response.Headers.ContentSecurityPolicy = Policy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.CacheControl = "no-store";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";

        // A name that a site has made to lead here is not this machine's.
        if (!OwnNames.Contains(request.Host.Host))
        {
            response.StatusCode = StatusCodes.Status403Forbidden;
        }
        else if (request.Path.Value is not ("/" or "/run"))
        {
            response.StatusCode = StatusCodes.Status404NotFound;
        }
        else if (!HttpMethods.IsGet(request.Method))
        {
            response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            response.Headers.Allow = HttpMethods.Get;
        }
        else if (request.Path == "/")
        {
            response.ContentType = "text/html; charset=utf-8";
            await response.WriteAsync(page);
        }
        else
        {
            await Tell(response, run);
        }
    }

    private static async Task Tell(HttpResponse response, WatchedRun run)
    {
        try
        {
            var now = run.Now();
            response.ContentType = "application/json";
            await response.Body.WriteAsync(now);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            response.ContentType = "text/plain; charset=utf-8";
            await response.WriteAsync(e.Message);
        }
    }
}
