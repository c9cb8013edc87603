using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Clamp.Losses.Training;

/// <summary>Brings files to the disk and hears when that fails, which .NET's own flush keeps to itself on Unix.</summary>
internal static partial class Disk
{
    // What file systems answer that cannot flush at all: EINVAL, EROFS, ENOSYS, EOPNOTSUPP. .NET passes these over too.
    private static readonly int[] Unsupported = [22, 30, 38, 95];

    /// <summary>Writes what is buffered, by the program or the system, to the disk.</summary>
    /// <param name="file">The file.</param>
    /// <exception cref="IOException">The disk could not take it.</exception>
    public static void Flush(FileStream file)
    {
        // Linux tells of a failed write to one flush alone: it must be ours.
        file.Flush(flushToDisk: !OperatingSystem.IsLinux());
        if (OperatingSystem.IsLinux())
        {
            ThrowIfFailed(Sync(file.SafeFileHandle), file.Name);
        }
    }

    /// <summary>Brings the names in a folder to the disk, so that a file that was renamed there stays so after a power cut.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="IOException">The disk could not take it.</exception>
    public static void FlushFolder(string folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        const int ReadOnly = 0;
        var descriptor = Open(folder, ReadOnly);
        if (descriptor < 0)
        {
            // It may be written to and not read.
            return;
        }

        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        ThrowIfFailed(Sync(handle), folder);
    }

    private static void ThrowIfFailed(int result, string path)
    {
        if (result < 0 && Marshal.GetLastPInvokeError() is var error && !Unsupported.Contains(error))
        {
            throw new IOException($"'{path}' could not be brought to the disk: {Marshal.GetPInvokeErrorMessage(error)}.");
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(SafeHandle file);
}
