using System.Security.Cryptography;

namespace Clamp.Losses.Training;

/// <summary>Files that end in the SHA-256 of all before it, so that damage is seen before anything is taken from them.</summary>
internal static class HashedFile
{
    /// <summary>Writes a file, all or nothing.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, Action<Stream> write) => AtomicFile.Write(path, stream =>
    {
        write(stream);
        stream.Position = 0;
        stream.Write(SHA256.HashData(stream));
    });

    /// <summary>Opens a file whose checksum is right.</summary>
    /// <param name="path">The file.</param>
    /// <returns>A stream at the start of the content; the caller disposes it.</returns>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static FileStream Open(string path)
    {
        var stream = File.OpenRead(path);
        try
        {
            ThrowIfDamaged(stream);
            stream.Position = 0;
            return stream;
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
        if (contentEnd < 0)
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
