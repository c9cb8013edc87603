using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Clamp.Losses.Training;

/// <summary>A result as a JSON file, written all or nothing; an earlier result is replaced on request alone.</summary>
public static class ResultFile
{
    /// <summary>How results are written, and can be read back into their records.</summary>
    public static JsonSerializerOptions Format { get; } = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>Makes sure, before hours of work, that a result can be written: its folder exists afterwards.</summary>
    /// <param name="path">The file.</param>
    /// <param name="replace">Whether an earlier file may be replaced.</param>
    /// <exception cref="IOException">The file exists and may not be replaced, or its folder cannot be created.</exception>
    public static void Reserve(string path, bool replace)
    {
        if (File.Exists(path) && !replace)
        {
            throw new IOException($"'{path}' holds an earlier result; name another file with --output, or replace it with --force.");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Writes a result.</summary>
    /// <typeparam name="T">The kind of result.</typeparam>
    /// <param name="path">The file, replaced where it exists.</param>
    /// <param name="result">The result.</param>
    public static void Write<T>(string path, T result) =>
        AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, result, Format));
}
