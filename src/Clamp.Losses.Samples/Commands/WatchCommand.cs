using System.CommandLine;
using System.Net;
using Clamp.Losses.Samples.Watch;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Commands;

/// <summary>Shows a run in a browser while it trains.</summary>
public static class WatchCommand
{
    /// <summary>The command.</summary>
    /// <returns>A new command.</returns>
    public static Command Create()
    {
        var run = new Option<string>("--run")
        {
            Description = "The folder of a pretraining that trains, has ended, or is about to begin.",
            HelpName = "DIR",
            Required = true,
        };
        var port = DefaultedOption.Create("--port", "The port of the page; 0 for any that is free.", 0);
        var command = new Command("watch", """
            Show a run in a browser while it trains: its curves, and the state of its packing, anew every second.

            The page is on this machine's own address, 127.0.0.1, where no other machine reaches it; it can change nothing. Ctrl-C ends it.
            """) { run, port };
        command.SetAction((arguments, _) => Run(arguments.GetValue(run)!, arguments.GetValue(port)));
        return command;
    }

    private static async Task<int> Run(string run, int port)
    {
        if (port is < IPEndPoint.MinPort or > IPEndPoint.MaxPort)
        {
            throw new InvalidOptionsException($"--port is {port}; it must be from {IPEndPoint.MinPort} to {IPEndPoint.MaxPort}.");
        }

        await using var server = await WatchServer.Start(new WatchedRun(RunFolder.Resume(run)), port);
        Console.WriteLine($"watching {run} at {server.Address} (Ctrl-C ends it)");
        await server.WaitForSignal();
        return 0;
    }
}
