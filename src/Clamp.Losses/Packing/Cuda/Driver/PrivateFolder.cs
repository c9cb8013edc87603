using System.Runtime.InteropServices;

namespace Clamp.Losses.Packing.Cuda.Driver;

/// <summary>
/// A folder whose files no other user can have written. On Windows, where it lies in the user's profile, nobody looks.
/// </summary>
internal static unsafe partial class PrivateFolder
{
    private const UnixFileMode ByOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode ByOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
    private const int FromWorkingDirectory = -100;
    private const uint AskForOwner = 0x8;

    /// <summary>Creates a folder for its owner alone, unless it is there.</summary>
    /// <param name="path">Its path.</param>
    /// <returns>Whether it is private, then.</returns>
    public static bool Create(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, ByOwner);
        }

        return IsPrivate(path);
    }

    /// <summary>Whether it belongs to this user, and only he may write to it.</summary>
    /// <param name="path">Its path; that of an existing folder.</param>
    public static bool IsPrivate(string path) =>
        OperatingSystem.IsWindows() || ((File.GetUnixFileMode(path) & ByOthers) == 0 && IsOwn(path));

    /// <summary>By Linux's statx, whose result is laid out alike on every processor.</summary>
    private static bool IsOwn(string path)
    {
        var status = stackalloc uint[64];
        return statx(FromWorkingDirectory, path, 0, AskForOwner, status) == 0 && status[5] == geteuid();
    }

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int folder, string path, int flags, uint mask, uint* status);
}
