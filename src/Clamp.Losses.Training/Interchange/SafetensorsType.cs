using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>The element types that safetensors and torch share, by safetensors' names.</summary>
internal static class SafetensorsType
{
    private static readonly (string Name, ScalarType Type, int Size)[] Known =
    [
        ("BOOL", ScalarType.Bool, 1),
        ("U8", ScalarType.Byte, 1),
        ("I8", ScalarType.Int8, 1),
        ("I16", ScalarType.Int16, 2),
        ("I32", ScalarType.Int32, 4),
        ("I64", ScalarType.Int64, 8),
        ("F16", ScalarType.Float16, 2),
        ("BF16", ScalarType.BFloat16, 2),
        ("F32", ScalarType.Float32, 4),
        ("F64", ScalarType.Float64, 8),
    ];

    /// <summary>All names.</summary>
    public static string Names => string.Join(", ", Known.Select(known => known.Name));

    /// <summary>The type of a name and its bytes an element; null when the name is not known.</summary>
    public static (ScalarType Type, int Size)? Find(string name) =>
        Known.Where(known => known.Name == name).Select(known => ((ScalarType, int)?)(known.Type, known.Size)).FirstOrDefault();

    /// <summary>The name of a type; null when safetensors has none.</summary>
    public static string? NameOf(ScalarType type) => Known.FirstOrDefault(known => known.Type == type).Name;
}
