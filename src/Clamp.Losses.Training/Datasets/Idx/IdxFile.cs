using System.Buffers.Binary;

namespace Clamp.Losses.Training;

/// <summary>
/// The content of an IDX file of unsigned bytes, the format of MNIST: a big-endian magic number (2049, 2050 or 2051 for
/// 1, 2 or 3 dimensions), the length of every dimension as a big-endian 32-bit number, then the values, the last index fastest.
/// </summary>
public sealed class IdxFile
{
    private const int MaxRank = 3;

    // The third byte of the magic number says "unsigned bytes", the fourth is the number of dimensions.
    private const int MagicWithoutRank = 0x0800;

    private IdxFile(int[] dimensions, byte[] values)
    {
        Dimensions = Array.AsReadOnly(dimensions);
        Values = values;
    }

    /// <summary>The length of every dimension, one to three of them.</summary>
    public IReadOnlyList<int> Dimensions { get; }

    /// <summary>The values, as many as the product of the dimensions.</summary>
    public ReadOnlyMemory<byte> Values { get; }

    /// <summary>Reads a file, or the gzip-compressed file of the same name with <c>.gz</c> added when only that exists.</summary>
    /// <param name="path">The file; one that ends in <c>.gz</c> is always unpacked.</param>
    /// <param name="source">The page that offers the file, for the messages of exceptions.</param>
    /// <returns>The content, whose length agrees with its dimensions.</returns>
    /// <exception cref="ArgumentException">An argument is null or empty.</exception>
    /// <exception cref="FileNotFoundException">Neither file exists.</exception>
    /// <exception cref="InvalidDataException">The file is truncated, too long, no IDX file of bytes, or damaged gzip data.</exception>
    public static IdxFile Read(string path, string source)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentException.ThrowIfNullOrEmpty(source);

        string packed = path + ".gz";
        string existing = !File.Exists(path) && File.Exists(packed) ? packed : path;
        var file = new ExpectedFile(existing, "an IDX file of unsigned bytes with 1 to 3 dimensions, plain or as .gz", source);
        return File.Exists(existing) ? Parse(file, ReadAll(file)) : throw file.Missing();
    }

    private static byte[] ReadAll(ExpectedFile file)
    {
        if (!file.Path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
            return File.ReadAllBytes(file.Path);

        using var unpacked = new MemoryStream();
        try
        {
            using var stream = new GzipFile(file.Path);
            CopyAsClaimed(stream, unpacked);
        }
        catch (InvalidDataException exception)
        {
            throw file.Damaged($"is truncated or damaged gzip data after {unpacked.Length} unpacked bytes: {exception.Message.TrimEnd('.')}", exception);
        }

        return unpacked.ToArray();
    }

    // As much as its dimensions ask for and little more, whatever the rest unpacks to.
    private static void CopyAsClaimed(Stream packed, MemoryStream unpacked)
    {
        var part = new byte[1 << 20];
        var claimed = GzipFile.Most;
        for (int read; (read = packed.ReadAtLeast(part, part.Length, throwOnEndOfStream: false)) > 0;)
        {
            if (unpacked.Length == 0)
                claimed = BytesOf(part.AsSpan(0, read));
            unpacked.Write(part, 0, read);
            if (unpacked.Length > claimed)
                throw new InvalidDataException($"its header asks for {claimed} bytes, and there are more");
        }
    }

    // A header that is not one of ours is for the parser to refuse.
    private static long BytesOf(ReadOnlySpan<byte> content)
    {
        int rank = content.Length < sizeof(int) ? 0 : BinaryPrimitives.ReadInt32BigEndian(content) - MagicWithoutRank;
        int headerBytes = sizeof(int) * (1 + rank);
        if (rank is < 1 or > MaxRank || content.Length < headerBytes)
            return GzipFile.Most;

        Int128 bytes = 1;
        for (int i = 1; i <= rank; i++)
            bytes *= BinaryPrimitives.ReadUInt32BigEndian(content[(sizeof(int) * i)..]);
        return (long)Int128.Min(bytes + headerBytes, GzipFile.Most);
    }

    private static IdxFile Parse(ExpectedFile file, byte[] content)
    {
        if (content.Length < sizeof(int))
            throw file.Damaged($"has {content.Length} bytes, fewer than the {sizeof(int)} of a magic number");

        int magic = BinaryPrimitives.ReadInt32BigEndian(content);
        int rank = magic - MagicWithoutRank;
        if (rank is < 1 or > MaxRank)
            throw file.Damaged($"starts with the magic number {magic}, not 2049, 2050 or 2051");

        int headerBytes = sizeof(int) * (1 + rank);
        if (content.Length < headerBytes)
            throw file.Damaged($"has {content.Length} bytes, fewer than the {headerBytes} of its header");

        int[] dimensions = ReadDimensions(file, content.AsSpan(sizeof(int), sizeof(int) * rank));
        ThrowIfLengthDiffers(file, content.Length, headerBytes, dimensions);
        return new IdxFile(dimensions, content[headerBytes..]);
    }

    private static int[] ReadDimensions(ExpectedFile file, ReadOnlySpan<byte> header)
    {
        var dimensions = new int[header.Length / sizeof(int)];
        for (int i = 0; i < dimensions.Length; i++)
        {
            dimensions[i] = BinaryPrimitives.ReadInt32BigEndian(header[(i * sizeof(int))..]);
            if (dimensions[i] < 1)
                throw file.Damaged($"gives dimension {i} the length {dimensions[i]}");
        }

        return dimensions;
    }

    private static void ThrowIfLengthDiffers(ExpectedFile file, int bytes, int headerBytes, int[] dimensions)
    {
        // A damaged header may give dimensions whose product exceeds even 64 bits.
        Int128 expected = dimensions.Aggregate((Int128)1, (product, length) => product * length) + headerBytes;
        if (bytes != expected)
            throw file.Damaged($"has {bytes} bytes (unpacked), not the {expected} of its dimensions {string.Join(" x ", dimensions)}");
    }
}
