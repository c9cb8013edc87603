using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Clamp.Losses.Training;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Embeddings;

/// <summary>
/// NumPy's format (NEP 1), version 1.0: [N, F], little-endian float32, row by row. What it has no place for is in <c>FILE.json</c> beside
/// it: <c>Names</c>, <c>Labels</c>, <c>Root</c> and <c>Encoder</c>.
/// </summary>
internal sealed partial class NpyEmbeddings : EmbeddingFormat
{
    private const int Alignment = 64;
    private const int ReadBytes = 16 << 20;
    private static readonly byte[] Magic = [0x93, .. "NUMPY"u8, 1, 0];

    public override string Name => "NumPy";

    public override void Write(string path, EmbeddingRows rows)
    {
        AtomicFile.Write(Beside(path), stream => JsonSerializer.Serialize(stream, rows.Images));
        AtomicFile.Write(path, stream =>
        {
            stream.Write(Header(rows.Count, rows.Width));
            foreach (var (_, block) in rows.Blocks())
            {
                stream.Write(MemoryMarshal.AsBytes(block.Span));
            }
        });
    }

    public override EmbeddingTable Read(string path)
    {
        if (!File.Exists(Beside(path)))
        {
            throw new InvalidDataException($"'{Beside(path)}' does not exist, which holds the names of the images.");
        }

        using var described = File.OpenRead(Beside(path));
        var images = JsonSerializer.Deserialize<EmbeddedImages>(described);
        using var stream = File.OpenRead(path);
        var (count, width) = ReadHeader(stream);
        if (stream.Length - stream.Position != count * width * sizeof(float))
        {
            throw new InvalidDataException($"{stream.Length - stream.Position} bytes follow the header; [{count}, {width}] takes {count * width * sizeof(float)}.");
        }

        if (images?.Names is null)
        {
            throw new InvalidDataException($"'{Beside(path)}' has no Names.");
        }

        var all = empty([count, width], ScalarType.Float32, CPU);
        var (rows, block) = (new TensorRows(all), Math.Max(1, ReadBytes / sizeof(float) / (int)width));
        var buffer = new float[block * width];
        for (int first = 0; first < count; first += block)
        {
            var part = buffer.AsSpan(0, (int)(Math.Min(block, count - first) * width));
            stream.ReadExactly(MemoryMarshal.AsBytes(part));
            rows.Write(first, part);
        }

        return new EmbeddingTable(images, all);
    }

    private static string Beside(string path) => path + ".json";

    private static byte[] Header(int count, int width)
    {
        var text = FormattableString.Invariant($"{{'descr': '<f4', 'fortran_order': False, 'shape': ({count}, {width}), }}");
        var length = Magic.Length + sizeof(ushort);
        var padded = (length + text.Length + 1 + Alignment - 1) / Alignment * Alignment;
        var header = Enumerable.Repeat((byte)' ', padded).ToArray();
        Magic.CopyTo(header, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(Magic.Length), (ushort)(padded - length));
        Encoding.ASCII.GetBytes(text, header.AsSpan(length));
        header[^1] = (byte)'\n';
        return header;
    }

    private static (long Count, long Width) ReadHeader(FileStream stream)
    {
        var start = new byte[Magic.Length + sizeof(ushort)];
        stream.ReadExactly(start);
        if (!start.AsSpan(0, Magic.Length).SequenceEqual(Magic))
        {
            throw new InvalidDataException("it does not begin as NumPy's format of version 1.0 does.");
        }

        var text = new byte[BinaryPrimitives.ReadUInt16LittleEndian(start.AsSpan(Magic.Length))];
        stream.ReadExactly(text);
        var header = Encoding.ASCII.GetString(text);
        var shape = Shape().Match(header);
        return shape.Success && header.Contains("'descr': '<f4'", StringComparison.Ordinal) && header.Contains("'fortran_order': False", StringComparison.Ordinal)
            && long.TryParse(shape.Groups[1].Value, CultureInfo.InvariantCulture, out var count) && count <= int.MaxValue
            && long.TryParse(shape.Groups[2].Value, CultureInfo.InvariantCulture, out var width) && width is > 0 and <= int.MaxValue / sizeof(float)
            ? (count, width)
            : throw new InvalidDataException($"its header is {header.Trim()}; it must tell of [N, F], '<f4', in C's order.");
    }

    [GeneratedRegex(@"'shape': \((\d+), (\d+)\)")]
    private static partial Regex Shape();
}
