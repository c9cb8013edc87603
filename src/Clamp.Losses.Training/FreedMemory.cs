using System.Runtime.InteropServices;

namespace Clamp.Losses.Training;

/// <summary>What the C library does with the memory of tensors that are no longer needed.</summary>
public static partial class FreedMemory
{
    // glibc's malloc.h.
    private const int TrimThreshold = -1;
    private const int MapThreshold = -3;

    // Larger blocks still go back to the system, so that a data set that was scored does not stay in memory.
    private const int LargestKept = 1 << 30;
    private const int LargestKeptByOldVersions = 32 << 20;

    /// <summary>
    /// Keeps it for the next tensors of this process. By default glibc hands large blocks back to the system, and each step of a training
    /// gets them anew, page by page. Memory stays at its high-water mark. Does nothing where the C library is another.
    /// </summary>
    /// <returns>Whether it is kept.</returns>
    public static bool Keep()
    {
        const int Never = -1;
        try
        {
            return OperatingSystem.IsLinux()
                && (Set(MapThreshold, LargestKept) != 0 || Set(MapThreshold, LargestKeptByOldVersions) != 0)
                && Set(TrimThreshold, Never) != 0;
        }
        catch (EntryPointNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int Set(int parameter, int value);
}
