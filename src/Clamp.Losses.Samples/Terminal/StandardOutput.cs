using Spectre.Console;
using Spectre.Console.Rendering;

namespace Clamp.Losses.Samples.Terminal;

/// <summary>Writes Spectre's tables to the present standard output; Spectre's shared console keeps the one that was there first.</summary>
internal static class StandardOutput
{
    // A path is no good in two pieces: where the output is no terminal, lines may be as long as they like.
    private const int RedirectedWidth = 200;

    /// <summary>Writes one.</summary>
    public static void Write(IRenderable content)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = RedirectedWidth;
        }

        console.Write(content);
    }
}
