using System.Globalization;
using System.Security.Cryptography;

namespace Clamp.Losses.Training;

/// <summary>The MD5 sums of a folder's files, kept beside them, so that a file is summed once and not on every load.</summary>
internal static class RememberedSums
{
    /// <summary>The file that holds a line for each sum: MD5, bytes, ticks of the last change (UTC), and file name.</summary>
    public const string FileName = ".checked";

    /// <summary>The MD5 of a file, from memory as long as its length and its time of change are those of then.</summary>
    /// <param name="path">The file.</param>
    /// <returns>32 lower-case hexadecimal digits.</returns>
    /// <exception cref="IOException">The file cannot be read. That a sum cannot be remembered is no error.</exception>
    public static string Of(string path)
    {
        string state = StateOf(path);
        if (Read(path).FirstOrDefault(line => line.EndsWith(state, StringComparison.Ordinal) && IsSum(line[..^state.Length])) is { } known)
            return known[..^state.Length];

        string sum = Taken(path);
        Remember(path, sum);
        return sum;
    }

    /// <summary>The MD5 of a file, which is read for it.</summary>
    /// <param name="path">The file.</param>
    /// <returns>As of <see cref="Of"/>.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static string Taken(string path)
    {
        using var file = File.OpenRead(path);
#pragma warning disable CA5351 // The sums that the authors publish are MD5; they guard against damage.
        return Convert.ToHexString(MD5.HashData(file)).ToLowerInvariant();
#pragma warning restore CA5351
    }

    /// <summary>Remembers a sum that was just taken. That it cannot be is no error.</summary>
    /// <param name="path">The file, as it is now.</param>
    /// <param name="sum">Its MD5.</param>
    public static void Remember(string path, string sum)
    {
        string[] others = [.. Read(path).Where(line => !line.EndsWith(" " + Path.GetFileName(path), StringComparison.Ordinal))];
        Write(path, [.. others, sum + StateOf(path)]);
    }

    private static string MemoryOf(string path) => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, FileName);

    private static string StateOf(string path)
    {
        var file = new FileInfo(path);
        return string.Create(CultureInfo.InvariantCulture, $" {file.Length} {file.LastWriteTimeUtc.Ticks} {file.Name}");
    }

    private static bool IsSum(string text) => text.Length == 32 && text.All(char.IsAsciiHexDigitLower);

    private static string[] Read(string path)
    {
        try
        {
            return File.ReadAllLines(MemoryOf(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static void Write(string path, string[] lines)
    {
        try
        {
            AtomicFile.Write(MemoryOf(path), stream =>
            {
                using var writer = new StreamWriter(stream, leaveOpen: true) { NewLine = "\n" };
                foreach (string line in lines)
                    writer.WriteLine(line);
            });
        }
        catch (IOException)
        {
            // A folder that is only read from: the file is summed again the next time.
        }
    }
}
