using System.Runtime.InteropServices;

namespace Clamp.Losses.Mpi;

/// <summary>The signals by which the .NET runtime sees null and a division by zero.</summary>
internal static partial class RuntimeSignals
{
    /// <summary>
    /// Keeps UCX, which is beneath MPI on most clusters, from taking them: a null reference would end the process. To be called before
    /// it is loaded; a value that the user has set stays.
    /// </summary>
    public static void Keep() => _ = setenv("UCX_ERROR_SIGNALS", "", overwrite: 0);

    // The runtime's own SetEnvironmentVariable is not seen by native code.
    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int setenv(string name, string value, int overwrite);
}
