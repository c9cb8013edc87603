using System.Text;

namespace Clamp.Losses.Training;

/// <summary>
/// The container of a checkpoint: 8 bytes that name format and version, the content, and the SHA-256 of both, so that damage is seen
/// before anything is taken from the file.
/// </summary>
public static class CheckpointFile
{
    private static readonly byte[] Magic = "CLAMPCK1"u8.ToArray();

    /// <summary>Writes a checkpoint, all or nothing.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, Action<BinaryWriter> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        HashedFile.Write(path, stream =>
        {
            stream.Write(Magic);
            using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
            write(writer);
        });
    }

    /// <summary>Opens a checkpoint whose checksum is right.</summary>
    /// <param name="path">The file.</param>
    /// <returns>A reader at the start of the content; the caller disposes it.</returns>
    /// <exception cref="InvalidDataException">The file is no checkpoint, or damaged.</exception>
    public static BinaryReader Open(string path)
    {
        var reader = new BinaryReader(HashedFile.Open(path));
        if (reader.ReadBytes(Magic.Length).SequenceEqual(Magic))
        {
            return reader;
        }

        reader.Dispose();
        throw new InvalidDataException($"'{path}' is no checkpoint that this version can read.");
    }
}
