using System.Buffers.Binary;
using System.Text.Json;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Golden;

/// <summary>Reads a safetensors file: 8 bytes of little-endian header length, a JSON header, raw data.</summary>
internal sealed class SafetensorsFile
{
    private readonly byte[] _data;
    private readonly JsonElement _header;

    public SafetensorsFile(string path)
    {
        var file = File.ReadAllBytes(path);
        var headerEnd = 8 + (int)BinaryPrimitives.ReadUInt64LittleEndian(file);
        _header = JsonDocument.Parse(file.AsMemory(8, headerEnd - 8)).RootElement;
        _data = file[headerEnd..];
    }

    public string Metadata(string key) => _header.GetProperty("__metadata__").GetProperty(key).GetString()!;

    public Tensor Tensor(string name)
    {
        var entry = _header.GetProperty(name);
        var shape = entry.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()).ToArray();
        var offsets = entry.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt32()).ToArray();
        var values = empty(shape, DtypeOf(entry.GetProperty("dtype").GetString()!), CPU);
        _data.AsSpan(offsets[0]..offsets[1]).CopyTo(values.bytes);
        return values;
    }

    private static ScalarType DtypeOf(string name) => name switch
    {
        "F64" => ScalarType.Float64,
        "F32" => ScalarType.Float32,
        "F16" => ScalarType.Float16,
        _ => throw new NotSupportedException($"The golden files hold no {name}."),
    };
}
