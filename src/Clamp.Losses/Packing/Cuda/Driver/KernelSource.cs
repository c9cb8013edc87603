using System.Reflection;

namespace Clamp.Losses.Packing.Cuda.Driver;

/// <summary>CUDA C++ and what it includes.</summary>
/// <param name="Name">The file's name, which compiler messages carry.</param>
/// <param name="Text">Its text.</param>
/// <param name="Headers">The files it may include.</param>
/// <param name="Definitions">Options that define what it leaves open.</param>
internal sealed record KernelSource(
    string Name, string Text, IReadOnlyList<(string Name, string Text)> Headers, IReadOnlyList<string> Definitions)
{
    private static readonly Assembly Library = typeof(KernelSource).Assembly;

    /// <summary>One of the files that this library carries, with all headers that it carries.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="definitions">Options that define what it leaves open.</param>
    public static KernelSource Embedded(string name, IReadOnlyList<string> definitions) => new(
        name,
        Read(name),
        [.. from header in Library.GetManifestResourceNames()
            where header.EndsWith(".cuh", StringComparison.Ordinal)
            select (header, Read(header))],
        definitions);

    private static string Read(string name)
    {
        using var reader = new StreamReader(Library.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
