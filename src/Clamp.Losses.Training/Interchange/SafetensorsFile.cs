using System.Buffers.Binary;
using System.Text.Json;
using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// Named tensors and strings in Hugging Face's safetensors format: a header of JSON, then raw little-endian data. Nothing in such a file
/// is executed, and a file that does not fit its own header is refused.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    private SafetensorsFile(IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string> metadata) =>
        (Tensors, Metadata) = (tensors, metadata);

    /// <summary>The tensors by name, on the CPU.</summary>
    public IReadOnlyDictionary<string, Tensor> Tensors { get; }

    /// <summary>The writer's strings.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Reads a whole file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Its content; the caller disposes it.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">
    /// It is damaged or no safetensors file, has an element type that torch lacks, or a tensor of 2 GiB or more.
    /// </exception>
    public static SafetensorsFile Read(string path)
    {
        using var stream = File.OpenRead(path);
        try
        {
            using var scope = NewDisposeScope();
            var header = SafetensorsHeader.Read(stream);
            var tensors = header.Entries.ToDictionary(entry => entry.Name, entry => ReadTensor(stream, entry));
            foreach (var tensor in tensors.Values)
            {
                tensor.MoveToOuterDisposeScope();
            }

            return new SafetensorsFile(tensors, header.Metadata);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or InvalidOperationException)
        {
            throw new InvalidDataException($"'{path}' is no valid safetensors file: {e.Message}", e);
        }
    }

    /// <summary>Writes a file, all or nothing; one of the same name is replaced.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">The tensors by name, of any layout and device, each below 2 GiB.</param>
    /// <param name="metadata">Strings to go with them.</param>
    /// <exception cref="ArgumentException">A name or a type cannot be stored.</exception>
    /// <exception cref="IOException">The file cannot be written; what was there is kept.</exception>
    public static void Write(string path, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        ArgumentNullException.ThrowIfNull(metadata);
        Check(tensors);
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();

        // Widest elements first: every tensor is then aligned to its elements when the file is mapped into memory.
        var ordered = tensors.OrderByDescending(entry => entry.Value.element_size()).ThenBy(entry => entry.Key, StringComparer.Ordinal)
            .Select(entry => (entry.Key, Value: entry.Value.cpu().contiguous())).ToList();
        AtomicFile.Write(path, stream =>
        {
            stream.Write(Header(ordered, metadata));
            foreach (var (_, value) in ordered.Where(entry => entry.Value.numel() > 0))
            {
                stream.Write(value.bytes);
            }
        });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in Tensors.Values)
        {
            tensor.Dispose();
        }
    }

    private static Tensor ReadTensor(Stream stream, SafetensorsEntry entry)
    {
        var values = empty(entry.Shape, entry.Type, CPU);
        if (entry.End > entry.Begin)
        {
            stream.ReadExactly(values.bytes);
        }

        return values;
    }

    private static void Check(IReadOnlyDictionary<string, Tensor> tensors)
    {
        foreach (var (name, value) in tensors)
        {
            if (name == SafetensorsHeader.MetadataName)
            {
                throw new ArgumentException($"A tensor is called {name}, which the format keeps for itself.", nameof(tensors));
            }

            if (SafetensorsType.NameOf(value.dtype) is null || value.numel() * value.element_size() > int.MaxValue)
            {
                throw new ArgumentException(
                    $"'{name}' holds {value.numel()} elements of {value.dtype}; allowed: below 2 GiB of {SafetensorsType.Names}.",
                    nameof(tensors));
            }
        }
    }

    private static byte[] Header(List<(string Name, Tensor Value)> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var header = new Dictionary<string, object>();
        if (metadata.Count > 0)
        {
            header.Add(SafetensorsHeader.MetadataName, metadata);
        }

        var end = 0L;
        foreach (var (name, value) in tensors)
        {
            var begin = end;
            end += value.numel() * value.element_size();
            header.Add(name, new { dtype = SafetensorsType.NameOf(value.dtype), value.shape, data_offsets = new[] { begin, end } });
        }

        return Padded(JsonSerializer.SerializeToUtf8Bytes(header));
    }

    /// <summary>The length, then the JSON with spaces up to a multiple of eight, so that the data begin aligned.</summary>
    private static byte[] Padded(byte[] json)
    {
        var length = (json.Length + 7) / 8 * 8;
        var header = new byte[SafetensorsHeader.PrefixLength + length];
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)length);
        json.CopyTo(header, SafetensorsHeader.PrefixLength);
        header.AsSpan(SafetensorsHeader.PrefixLength + json.Length).Fill((byte)' ');
        return header;
    }
}
