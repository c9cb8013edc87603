namespace Clamp.Losses.Training;

/// <summary>Files that are there whole or not at all, whatever stops the process or the machine.</summary>
internal static class AtomicFile
{
    /// <summary>The end of the name of a file that is being written.</summary>
    public const string Unfinished = ".tmp";

    /// <summary>Writes beside, flushes to the disk, and renames: a failure half-way leaves what was there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes the content; the stream can be read and sought too, and must be left open.</param>
    /// <exception cref="IOException">The file cannot be written, or the disk is full.</exception>
    public static void Write(string path, Action<FileStream> write)
    {
        var beside = path + Unfinished;
        try
        {
            using (var stream = new FileStream(beside, FileMode.Create, FileAccess.ReadWrite, FileShare.None))
            {
                write(stream);
                Disk.Flush(stream);
            }

            File.Move(beside, path, overwrite: true);
            Disk.FlushFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        catch (Exception e) when (IsOfTheDisk(e))
        {
            RemoveIfPossible(beside);
            throw new IOException($"'{path}' could not be written; what was there is kept. {e.Message}", e);
        }
        catch
        {
            RemoveIfPossible(beside);
            throw;
        }
    }

    private static void RemoveIfPossible(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (IsOfTheDisk(e))
        {
            // The write's own failure is what the caller must hear.
        }
    }

    // A file that grows beyond what the system allows (EFBIG) is told as an argument out of range.
    private static bool IsOfTheDisk(Exception e) => e is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException;
}
