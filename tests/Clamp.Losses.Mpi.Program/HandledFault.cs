namespace Clamp.Losses.Mpi.Program;

/// <summary>An error that Main catches, with the exit code that it returns then.</summary>
internal sealed class HandledFault(string message, int exitCode) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
