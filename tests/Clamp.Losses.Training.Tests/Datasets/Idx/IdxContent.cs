using System.Buffers.Binary;
using System.IO.Compression;

namespace Clamp.Losses.Training.Tests;

/// <summary>Builds the bytes of IDX files.</summary>
internal static class IdxContent
{
    public static byte[] Of(int[] dimensions, params byte[] values) =>
        [.. BigEndian([0x0800 + dimensions.Length, .. dimensions]), .. values];

    public static byte[] BigEndian(params int[] numbers)
    {
        var bytes = new byte[numbers.Length * sizeof(int)];
        for (int i = 0; i < numbers.Length; i++)
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(i * sizeof(int)), numbers[i]);
        return bytes;
    }

    public static byte[] Packed(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(content);
        return packed.ToArray();
    }
}
