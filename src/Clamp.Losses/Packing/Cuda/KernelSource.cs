namespace Clamp.Losses.Packing.Cuda;

/// <summary>CUDA C++ and what it includes.</summary>
/// <param name="Name">The file's name, which compiler messages carry.</param>
/// <param name="Text">Its text.</param>
/// <param name="Headers">The files it may include.</param>
internal sealed record KernelSource(string Name, string Text, IReadOnlyList<(string Name, string Text)> Headers)
{
    private static readonly string[] HeaderNames = ["Common.cuh", "Pairs.cuh"];

    /// <summary>Options that define what it leaves open.</summary>
    public IReadOnlyList<string> Definitions { get; init; } = [];

    /// <summary>One of the files that this library carries.</summary>
    /// <param name="name">Its name.</param>
    public static KernelSource Embedded(string name) => new(name, Read(name), [.. HeaderNames.Select(header => (header, Read(header)))])
    {
        Definitions = KernelConstants.Definitions,
    };

    private static string Read(string name)
    {
        using var stream = typeof(KernelSource).Assembly.GetManifestResourceStream(name)
            ?? throw new ArgumentException($"There is no kernel file {name}.", nameof(name));
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
