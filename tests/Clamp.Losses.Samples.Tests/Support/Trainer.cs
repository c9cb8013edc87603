using Clamp.Losses.Samples.Commands;

namespace Clamp.Losses.Samples.Tests.Support;

/// <summary>The trainer's command line with its console captured; tests that use it run one at a time, for the process has one console.</summary>
internal static class Trainer
{
    /// <summary>Runs what must succeed, and returns what it wrote.</summary>
    public static string Succeed(params string[] arguments)
    {
        var (exit, output, error) = Run(arguments);
        exit.Should().Be(0, error);
        return output;
    }

    public static (int Exit, string Output, string Error) Run(params string[] arguments)
    {
        var (console, errors) = (Console.Out, Console.Error);
        using var output = new StringWriter();
        using var error = new StringWriter();
        try
        {
            Console.SetOut(output);
            Console.SetError(error);
            return (CommandLine.Run(arguments), output.ToString(), error.ToString());
        }
        finally
        {
            Console.SetOut(console);
            Console.SetError(errors);
        }
    }
}
