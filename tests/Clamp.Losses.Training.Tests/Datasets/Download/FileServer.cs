using System.Net;
using System.Net.Sockets;

namespace Clamp.Losses.Training.Tests;

/// <summary>A server on this machine that answers each request by the next of its scripted answers, the last one for ever.</summary>
internal sealed class FileServer : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Queue<Action<HttpListenerContext>> _answers;
    private readonly Task _served;
    private volatile bool _ended;

    public FileServer(params Action<HttpListenerContext>[] answers)
    {
        _answers = new Queue<Action<HttpListenerContext>>(answers);
        Url = new Uri($"http://localhost:{FreePort()}/");
        _listener.Prefixes.Add(Url.ToString());
        _listener.Start();
        _served = Task.Run(Serve);
    }

    public Uri Url { get; }

    /// <summary>The Range headers of the requests so far; null where there was none.</summary>
    public List<string?> Ranges { get; } = [];

    /// <summary>Sends the whole content, whatever range is asked for.</summary>
    public static Action<HttpListenerContext> Whole(byte[] content) => context => Send(context, content, 0, content.Length);

    /// <summary>Sends what is asked for.</summary>
    public static Action<HttpListenerContext> Resumable(byte[] content) => context => Send(context, content, RangeStart(context), content.Length);

    /// <summary>Announces what is asked for but breaks off after some bytes of it.</summary>
    public static Action<HttpListenerContext> BreakingOff(byte[] content, int after) => context =>
    {
        int first = RangeStart(context);
        Send(context, content, first, first + after);
    };

    public static Action<HttpListenerContext> Status(HttpStatusCode status) => context =>
    {
        context.Response.StatusCode = (int)status;
        context.Response.Close();
    };

    /// <summary>Announces content but sends none until the test ends.</summary>
    public static Action<HttpListenerContext> Silence(CancellationToken end) => context =>
    {
        context.Response.ContentLength64 = 10;
        context.Response.OutputStream.Write([1]);
        context.Response.OutputStream.Flush();
        end.WaitHandle.WaitOne();
        context.Response.Abort();
    };

    public void Dispose()
    {
        _ended = true;
        _listener.Close();
        _served.Wait(TimeSpan.FromSeconds(5));
    }

    private static int RangeStart(HttpListenerContext context) =>
        context.Request.Headers["Range"] is { } range ? int.Parse(range["bytes=".Length..].TrimEnd('-')) : 0;

    private static void Send(HttpListenerContext context, byte[] content, int first, int end)
    {
        var response = context.Response;
        if (first > 0)
        {
            response.StatusCode = (int)HttpStatusCode.PartialContent;
            response.Headers["Content-Range"] = $"bytes {first}-{content.Length - 1}/{content.Length}";
        }

        response.ContentLength64 = content.Length - first;
        response.OutputStream.Write(content, first, end - first);
        response.OutputStream.Flush();
        if (end == content.Length)
            response.Close();
        else
            response.Abort();
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private void Serve()
    {
        while (true)
        {
            try
            {
                var context = _listener.GetContext();
                Ranges.Add(context.Request.Headers["Range"]);
                (_answers.Count > 1 ? _answers.Dequeue() : _answers.Peek())(context);
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                // The client may have gone, which ends the answer, or the test, which ends the server: the listener tells late that it closes.
                if (_ended)
                    return;
            }
        }
    }
}
