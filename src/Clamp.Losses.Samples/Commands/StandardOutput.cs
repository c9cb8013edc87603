using Spectre.Console;
using Spectre.Console.Rendering;

namespace Clamp.Losses.Samples.Commands;

/// <summary>Writes Spectre's tables to the present standard output; Spectre's shared console keeps the one that was there first.</summary>
internal static class StandardOutput
{
    /// <summary>Writes one.</summary>
    public static void Write(IRenderable content) =>
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) }).Write(content);
}
