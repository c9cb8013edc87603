using System.Security.Cryptography;
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
    public static void Write(string path, Action<BinaryWriter> write) => AtomicFile.Write(path, stream =>
    {
        stream.Write(Magic);
        using (var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true))
        {
            write(writer);
        }

        stream.Position = 0;
        stream.Write(SHA256.HashData(stream));
    });

    /// <summary>Opens a checkpoint whose checksum is right.</summary>
    /// <param name="path">The file.</param>
    /// <returns>A reader at the start of the content; the caller disposes it.</returns>
    /// <exception cref="InvalidDataException">The file is no checkpoint, or damaged.</exception>
    public static BinaryReader Open(string path)
    {
        var stream = File.OpenRead(path);
        try
        {
            ThrowIfDamaged(stream);
            return new BinaryReader(stream);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    private static void ThrowIfDamaged(FileStream stream)
    {
        var contentEnd = stream.Length - SHA256.HashSizeInBytes;
        if (contentEnd < Magic.Length)
        {
            throw new InvalidDataException($"'{stream.Name}' is damaged: it has only {stream.Length} bytes.");
        }

        var hash = HashUpTo(stream, contentEnd);
        var stored = new byte[SHA256.HashSizeInBytes];
        stream.ReadExactly(stored);
        if (!hash.SequenceEqual(stored))
        {
            throw new InvalidDataException($"'{stream.Name}' is damaged: its content does not have the SHA-256 it was stored with.");
        }

        stream.Position = 0;
        var magic = new byte[Magic.Length];
        stream.ReadExactly(magic);
        if (!magic.SequenceEqual(Magic))
        {
            throw new InvalidDataException($"'{stream.Name}' is no checkpoint that this version can read.");
        }
    }

    private static byte[] HashUpTo(FileStream stream, long end)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 20];
        while (stream.Position < end)
        {
            var read = stream.Read(buffer, 0, (int)Math.Min(buffer.Length, end - stream.Position));
            hash.AppendData(buffer, 0, read);
        }

        return hash.GetHashAndReset();
    }
}
