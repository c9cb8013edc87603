using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using System.Text.Json;

namespace Clamp.Losses.Training;

/// <summary>The first part of a safetensors file: a little-endian 64-bit length, then as many bytes of JSON.</summary>
public sealed class SafetensorsHeader
{
    /// <summary>The name under which the header keeps strings of the writer's choice.</summary>
    public const string MetadataName = "__metadata__";

    /// <summary>The bytes before the JSON, which tell its length.</summary>
    public const int PrefixLength = sizeof(ulong);

    // As the format's own library allows.
    private const ulong LongestJson = 100_000_000;
    private const int LargestRank = 64;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private SafetensorsHeader(IReadOnlyDictionary<string, string> metadata, IReadOnlyList<SafetensorsEntry> entries) =>
        (Metadata, Entries) = (metadata, entries);

    /// <summary>The writer's strings.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The tensors in the order of their data, which they fill without gap or overlap.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries { get; }

    /// <summary>Reads and checks the header, and leaves the stream at the first byte of data.</summary>
    /// <param name="file">The file, at its start.</param>
    /// <returns>The header.</returns>
    /// <exception cref="InvalidDataException">Something does not fit; the message says what.</exception>
    public static SafetensorsHeader Read(Stream file)
    {
        ArgumentNullException.ThrowIfNull(file);
        using var json = Parse(ReadJson(file));
        if (json.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidDataException("its header is no JSON object.");
        }

        var metadata = new Dictionary<string, string>();
        var entries = new List<SafetensorsEntry>();
        foreach (var property in Properties(json.RootElement))
        {
            if (property.NameEquals(MetadataName))
            {
                metadata = ReadMetadata(property.Value);
            }
            else
            {
                entries.Add(ReadEntry(property.Name, property.Value));
            }
        }

        entries = [.. entries.OrderBy(entry => entry.Begin).ThenBy(entry => entry.End)];
        CheckThatTheyFill(entries, file.Length - file.Position);
        return new SafetensorsHeader(metadata, entries);
    }

    private static byte[] ReadJson(Stream file)
    {
        if (file.Length < PrefixLength)
        {
            throw new InvalidDataException($"it has {file.Length} bytes, fewer than the {PrefixLength} of the header's length.");
        }

        var prefix = new byte[PrefixLength];
        file.ReadExactly(prefix);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        var available = (ulong)(file.Length - PrefixLength);
        if (length > Math.Min(LongestJson, available))
        {
            throw new InvalidDataException(
                $"its header claims {length} bytes; there are {available}, of which a header may have {LongestJson}.");
        }

        var json = new byte[length];
        file.ReadExactly(json);
        return json;
    }

    private static JsonDocument Parse(byte[] json)
    {
        try
        {
            // The parser looks at no more of a text than its quotes.
            _ = Strict.GetCharCount(json);
            return JsonDocument.Parse(json);
        }
        catch (Exception e) when (e is JsonException or DecoderFallbackException)
        {
            throw new InvalidDataException($"its header is no valid JSON: {e.Message}", e);
        }
    }

    private static Dictionary<string, string> ReadMetadata(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object || value.EnumerateObject().Any(entry => entry.Value.ValueKind != JsonValueKind.String))
        {
            throw new InvalidDataException($"{MetadataName} is no object of strings.");
        }

        return Properties(value).ToDictionary(entry => entry.Name, entry => entry.Value.GetString()!);
    }

    private static IReadOnlyList<JsonProperty> Properties(JsonElement value)
    {
        var properties = value.EnumerateObject().ToList();
        return properties.GroupBy(property => property.Name).FirstOrDefault(same => same.Count() > 1) is { } twice
            ? throw new InvalidDataException($"its header is no valid JSON of tensors: '{twice.Key}' is there twice.")
            : properties;
    }

    private static SafetensorsEntry ReadEntry(string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object
            || Properties(value).Count < 3
            || !value.TryGetProperty("dtype", out var type) || type.ValueKind != JsonValueKind.String
            || !value.TryGetProperty("shape", out var shape)
            || !value.TryGetProperty("data_offsets", out var offsets))
        {
            throw new InvalidDataException($"'{name}' is no object with dtype, shape and data_offsets.");
        }

        var known = SafetensorsType.Find(type.GetString()!)
            ?? throw new InvalidDataException($"'{name}' is of type {type.GetString()}; known: {SafetensorsType.Names}.");
        var (sizes, bounds) = (ReadNumbers(name, "shape", shape), ReadNumbers(name, "data_offsets", offsets));
        if (bounds.Length != 2 || bounds[0] > bounds[1])
        {
            throw new InvalidDataException($"'{name}' has data_offsets [{string.Join(", ", bounds)}]; they must be its begin and its end.");
        }

        CheckSize(name, sizes, known.Size, bounds[1] - bounds[0]);
        return new SafetensorsEntry(name, known.Type, sizes, bounds[0], bounds[1]);
    }

    private static long[] ReadNumbers(string name, string property, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Array)
        {
            var numbers = value.EnumerateArray()
                .Select(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out var number) ? number : -1).ToArray();
            if (numbers.All(number => number >= 0))
            {
                return numbers;
            }
        }

        throw new InvalidDataException($"'{name}' has {property} {value}; it must be a list of whole numbers of at least 0.");
    }

    private static void CheckSize(string name, long[] shape, int elementSize, long given)
    {
        // libtorch multiplies the sizes whether one of them is 0 or not.
        var needed = shape.Aggregate(new BigInteger(elementSize), (product, size) => product * size);
        var sizes = shape.Aggregate(new BigInteger(elementSize), (product, size) => product * Math.Max(size, 1));
        if (shape.Length > LargestRank || needed != given || sizes > int.MaxValue)
        {
            throw new InvalidDataException(
                $"'{name}' of shape [{string.Join(", ", shape)}] needs {needed} bytes and has {given}; they must be equal, below 2 GiB, "
                + $"in at most {LargestRank} dimensions.");
        }
    }

    private static void CheckThatTheyFill(List<SafetensorsEntry> entries, long length)
    {
        var end = 0L;
        foreach (var entry in entries)
        {
            if (entry.Begin != end)
            {
                throw new InvalidDataException(
                    $"'{entry.Name}' begins at byte {entry.Begin} where the tensor before it ends at {end}: they overlap or leave a gap.");
            }

            end = entry.End;
        }

        if (end != length)
        {
            throw new InvalidDataException($"its tensors end at byte {end} of {length}: it is cut short or has something appended.");
        }
    }
}
