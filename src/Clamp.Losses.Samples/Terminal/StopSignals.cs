using System.Runtime.InteropServices;

namespace Clamp.Losses.Samples.Terminal;

/// <summary>
/// While it exists, Ctrl-C (SIGINT), SIGTERM and SIGHUP, the end of the terminal, ask the run to stop between two steps instead of ending
/// the process. A second signal ends it at once.
/// </summary>
public sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _registrations;
    private readonly bool _quiet;
    private volatile int _exitCode;

    /// <summary>Starts to listen.</summary>
    /// <param name="quiet">Whether nothing is written when a signal comes.</param>
    public StopSignals(bool quiet = false)
    {
        _quiet = quiet;
        _registrations = [Listen(PosixSignal.SIGHUP, exitCode: 129), Listen(PosixSignal.SIGINT, exitCode: 130), Listen(PosixSignal.SIGTERM, exitCode: 143)];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>128 and the signal's number, as a shell reports it; 0 without a signal.</summary>
    public int ExitCode => _exitCode;

    /// <inheritdoc/>
    public void Dispose()
    {
        Array.ForEach(_registrations, registration => registration.Dispose());
        _stop.Dispose();
    }

    private PosixSignalRegistration Listen(PosixSignal signal, int exitCode) => PosixSignalRegistration.Create(signal, context =>
    {
        if (Interlocked.CompareExchange(ref _exitCode, exitCode, 0) == 0)
        {
            context.Cancel = true;
            if (!_quiet)
            {
                Console.Error.WriteLine($"{signal}: finishing the step and saving a checkpoint; a second signal ends at once.");
            }

            _stop.Cancel();
        }
    });
}
