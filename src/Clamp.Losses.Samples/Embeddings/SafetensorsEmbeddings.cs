using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Embeddings;

/// <summary>
/// Safetensors: the tensor <c>embeddings</c>; in the metadata <c>names</c> and <c>labels</c>, lists as JSON, <c>root</c> and
/// <c>encoder</c>.
/// </summary>
internal sealed class SafetensorsEmbeddings : EmbeddingFormat
{
    private const string Tensor = "embeddings";
    private const string Names = "names";
    private const string Labels = "labels";
    private const string Root = "root";
    private const string Encoder = "encoder";
    private const long LongestHeader = 100_000_000;

    public override string Name => "safetensors";

    public override void Write(string path, EmbeddingRows rows)
    {
        var header = Header(rows);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(header);
            foreach (var (_, block) in rows.Blocks())
            {
                stream.Write(MemoryMarshal.AsBytes(block.Span));
            }
        });
    }

    public override EmbeddingTable Read(string path)
    {
        using var file = SafetensorsFile.Read(path);
        var images = new EmbeddedImages(
            List(file, Names) ?? throw new InvalidDataException($"its metadata have no {Names}."),
            List(file, Labels),
            file.Metadata.GetValueOrDefault(Root),
            file.Metadata.GetValueOrDefault(Encoder));
        return file.Tensors.TryGetValue(Tensor, out var embeddings)
            ? new EmbeddingTable(images, embeddings.alias())
            : throw new InvalidDataException($"it has no tensor {Tensor}.");
    }

    private static string[]? List(SafetensorsFile file, string key) =>
        file.Metadata.TryGetValue(key, out var text) ? JsonSerializer.Deserialize<string[]>(text) : null;

    private static byte[] Header(EmbeddingRows rows)
    {
        var (images, bytes) = (rows.Images, (long)rows.Count * rows.Width * sizeof(float));
        (string Key, string? Value)[] told =
        [
            (Names, JsonSerializer.Serialize(images.Names)),
            (Labels, images.Labels is null ? null : JsonSerializer.Serialize(images.Labels)),
            (Root, images.Root),
            (Encoder, images.Encoder),
        ];
        var json = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
        {
            [SafetensorsHeader.MetadataName] = told.Where(entry => entry.Value is not null).ToDictionary(entry => entry.Key, entry => entry.Value),
            [Tensor] = new { dtype = "F32", shape = new[] { rows.Count, rows.Width }, data_offsets = new[] { 0, bytes } },
        });
        if (json.Length > LongestHeader || bytes > int.MaxValue)
        {
            throw new InvalidDataException(
                $"{rows.Count} names and embeddings take {json.Length} and {bytes} bytes; a safetensors file takes {LongestHeader} and {int.MaxValue}: write .parquet.");
        }

        // Padded with spaces, so that the data begin aligned.
        var header = Enumerable.Repeat((byte)' ', SafetensorsHeader.PrefixLength + ((json.Length + 7) / 8 * 8)).ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)(header.Length - SafetensorsHeader.PrefixLength));
        json.CopyTo(header, SafetensorsHeader.PrefixLength);
        return header;
    }
}
