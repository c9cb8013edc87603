using System.Runtime.InteropServices;

namespace Clamp.Losses.Packing.Cuda.Driver;

/// <summary>A native library that goes by several names, loaded for the life of the process.</summary>
internal sealed class NativeLibraryFile
{
    private readonly nint _handle;

    private NativeLibraryFile(string path, nint handle) => (Path, _handle) = (path, handle);

    /// <summary>The path or name it was found by.</summary>
    public string Path { get; }

    /// <summary>Loads the first that is there.</summary>
    /// <param name="purpose">What it is, for the message.</param>
    /// <param name="candidates">Paths, or names for the system's own search.</param>
    /// <param name="companions">
    /// A pattern of files that the library itself looks for by name alone, which finds none beside it unless they are loaded already.
    /// </param>
    /// <exception cref="InvalidOperationException">None is there; the message says where it looked.</exception>
    public static NativeLibraryFile FirstOf(string purpose, IReadOnlyList<string> candidates, string? companions = null)
    {
        foreach (var candidate in candidates)
        {
            if (companions is not null && File.Exists(candidate))
            {
                Array.ForEach(
                    Directory.GetFiles(System.IO.Path.GetDirectoryName(candidate)!, companions), companion => NativeLibrary.TryLoad(companion, out _));
            }

            if (NativeLibrary.TryLoad(candidate, out var handle))
            {
                return new NativeLibraryFile(candidate, handle);
            }
        }

        throw new InvalidOperationException($"{purpose} is missing; looked for {string.Join(", ", candidates)}.");
    }

    /// <summary>The address of a function.</summary>
    /// <param name="name">Its exported name.</param>
    /// <exception cref="InvalidOperationException">There is none; the library is older than what is needed.</exception>
    public nint Function(string name) =>
        NativeLibrary.TryGetExport(_handle, name, out var address)
            ? address
            : throw new InvalidOperationException($"{Path} is too old: it has no function {name}.");
}
