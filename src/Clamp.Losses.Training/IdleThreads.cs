using System.Runtime.InteropServices;

namespace Clamp.Losses.Training;

/// <summary>What libtorch's threads do on a CPU while they wait for each other.</summary>
public static partial class IdleThreads
{
    // Measured: fewer cost a quiet machine 3 % and more, and GCC's 300,000 a busy one half its speed.
    private const string Spins = "10000";

    /// <summary>
    /// Lets them spin for microseconds and then sleep, in a program that has not touched torch yet: GNU's OpenMP reads its settings when it
    /// is loaded. A thread that spins keeps a core from the one that it waits for, as soon as other programs want the cores too. Does
    /// nothing where the environment says how to wait (OMP_WAIT_POLICY or GOMP_SPINCOUNT), or the system is not Linux.
    /// </summary>
    /// <returns>Whether the setting was made.</returns>
    public static bool SleepSoon()
    {
        if (!OperatingSystem.IsLinux() || IsSet("OMP_WAIT_POLICY") || IsSet("GOMP_SPINCOUNT"))
        {
            return false;
        }

        // .NET's own copy of the environment is not what a native library reads.
        return SetVariable("GOMP_SPINCOUNT", Spins, 0) == 0;
    }

    private static bool IsSet(string name) => Environment.GetEnvironmentVariable(name) is not null;

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int replace);
}
