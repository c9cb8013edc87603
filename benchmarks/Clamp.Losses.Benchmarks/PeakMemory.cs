using System.Globalization;
using System.Runtime.InteropServices;

namespace Clamp.Losses.Benchmarks;

/// <summary>
/// Peak resident memory of this process, which sees libtorch's allocations; Linux with glibc only. The kernel counts pages in batches
/// for each CPU, so that a result may be some hundreds of kilobytes off.
/// </summary>
internal static class PeakMemory
{
    private const string Status = "/proc/self/status";
    private const string ClearReferences = "/proc/self/clear_refs";

    // proc_pid_clear_refs(5): resets the peak resident set to the current one.
    private const string ResetPeak = "5";

    /// <summary>By how many bytes the peak within a step exceeds what was resident before it; null where that cannot be told.</summary>
    /// <param name="step">The step.</param>
    public static long? ExtraOf(Action step)
    {
        if (!TryReset())
        {
            return null;
        }

        var before = Read("VmRSS:");
        step();
        return Math.Max(0, Read("VmHWM:") - before);
    }

    private static bool TryReset()
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        try
        {
            ReturnFreedMemory();
            File.WriteAllText(ClearReferences, ResetPeak);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or EntryPointNotFoundException or DllNotFoundException)
        {
            return false;
        }
    }

    // Freed memory that stays resident would be used again unseen.
    private static void ReturnFreedMemory()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        _ = MallocTrim(0);
    }

    private static long Read(string field)
    {
        var line = File.ReadLines(Status).First(line => line.StartsWith(field, StringComparison.Ordinal));
        return 1024 * long.Parse(line[field.Length..^"kB".Length], CultureInfo.InvariantCulture);
    }

    [DllImport("libc", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int MallocTrim(nuint pad);
}
