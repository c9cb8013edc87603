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
        var file = new FileInfo(path);
        var memory = Path.Combine(file.DirectoryName!, FileName);
        var state = string.Create(CultureInfo.InvariantCulture, $" {file.Length} {file.LastWriteTimeUtc.Ticks} {file.Name}");
        var lines = Read(memory);
        if (lines.FirstOrDefault(line => line.EndsWith(state, StringComparison.Ordinal) && IsSum(line[..^state.Length])) is { } known)
            return known[..^state.Length];

        string sum = Md5(path);
        Write(memory, [.. lines.Where(line => !line.EndsWith(" " + file.Name, StringComparison.Ordinal)), sum + state]);
        return sum;
    }

    private static bool IsSum(string text) => text.Length == 32 && text.All(char.IsAsciiHexDigitLower);

    private static string Md5(string path)
    {
        using var file = File.OpenRead(path);
#pragma warning disable CA5351 // The sums that the authors publish are MD5; they guard against damage.
        return Convert.ToHexString(MD5.HashData(file)).ToLowerInvariant();
#pragma warning restore CA5351
    }

    private static string[] Read(string memory)
    {
        try
        {
            return File.ReadAllLines(memory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static void Write(string memory, string[] lines)
    {
        try
        {
            AtomicFile.Write(memory, stream =>
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
