using System.Buffers.Binary;
using System.Numerics;
using Tensorboard;

namespace Clamp.Losses.Training;

/// <summary>
/// A TensorBoard event file: records of an 8-byte length, 4 bytes of checksum, the event as a protocol buffer, and 4 bytes of checksum.
/// </summary>
public static class EventFile
{
    private const int ChecksumSize = sizeof(uint);
    private const int HeaderSize = sizeof(long) + ChecksumSize;

    /// <summary>
    /// Cuts off the events after a step, and a record that a kill cut short, so that a resumed run does not log them twice.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="stepsDone">The last step to keep.</param>
    public static void CutAfter(string path, int stepsDone)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        var end = 0L;
        while (ReadEvent(file) is { } read && read.Step <= stepsDone)
        {
            end = file.Position;
        }

        file.SetLength(end);
    }

    /// <summary>The next event, or null at the end of what is whole.</summary>
    private static Event? ReadEvent(FileStream file)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        if (file.ReadAtLeast(header, HeaderSize, throwOnEndOfStream: false) < HeaderSize || !EndsInItsChecksum(header))
        {
            return null;
        }

        var length = BinaryPrimitives.ReadInt64LittleEndian(header);
        if (length < 0 || length > file.Length - file.Position - ChecksumSize)
        {
            return null;
        }

        var record = new byte[length + ChecksumSize];
        file.ReadExactly(record);
        return EndsInItsChecksum(record) ? Event.Parser.ParseFrom(record, 0, (int)length) : null;
    }

    /// <summary>The checksum is a CRC-32C, rotated and shifted so that one of data with checksums inside is as good.</summary>
    private static bool EndsInItsChecksum(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var value in data[..^ChecksumSize])
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        var masked = BitOperations.RotateRight(~crc, 15) + 0xa282ead8;
        return masked == BinaryPrimitives.ReadUInt32LittleEndian(data[^ChecksumSize..]);
    }
}
