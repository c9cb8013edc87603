using System.Globalization;
using System.Text.RegularExpressions;

namespace Clamp.Losses.Mpi.Tests;

/// <summary>How a job has ended.</summary>
/// <param name="ExitCode">What mpirun returned.</param>
/// <param name="Output">What all processes have printed.</param>
/// <param name="Ended">When.</param>
internal sealed partial record JobResult(int ExitCode, string Output, DateTimeOffset Ended)
{
    /// <summary>From the fault, whose time the program prints, to the end of the whole job.</summary>
    public TimeSpan AfterFault =>
        Ended - DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(Fault().Match(Output).Groups[1].Value, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"fault at (\d+)")]
    private static partial Regex Fault();
}
