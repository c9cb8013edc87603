using System.CommandLine;
using Clamp.Losses.Samples.Diagnostics;
using Clamp.Losses.Samples.Terminal;
using Spectre.Console;

namespace Clamp.Losses.Samples.Commands;

/// <summary>Says what this machine offers, what is missing by its real name, and what to do about it.</summary>
public static class DoctorCommand
{
    /// <summary>The command.</summary>
    /// <returns>A new command.</returns>
    public static Command Create()
    {
        var command = new Command("doctor", """
            Check this machine: what is loaded, what is missing by its real name, and what to do about it.

            The exit code is 0 when a training step works, 1 otherwise.
            """);
        command.SetAction(_ => Run());
        return command;
    }

    private static int Run()
    {
        var findings = Doctor.Examine();
        Write(findings);
        foreach (var finding in findings.Where(finding => finding.Advice is not null))
        {
            Console.WriteLine($"{(finding.Prevents ? "error" : "note")}: {finding.Subject}: {finding.Advice}");
        }

        var works = !findings.Any(finding => finding.Prevents);
        Console.WriteLine(works ? "Training works on this machine." : "Training does not work on this machine.");
        return works ? 0 : 1;
    }

    private static void Write(IReadOnlyList<Finding> findings)
    {
        var table = new Table().AddColumns("", "found");
        foreach (var finding in findings)
        {
            table.AddRow(new Text(finding.Subject), new Text(finding.Found));
        }

        StandardOutput.Write(table);
    }
}
