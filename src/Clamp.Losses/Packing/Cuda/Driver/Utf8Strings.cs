using System.Runtime.InteropServices;

namespace Clamp.Losses.Packing.Cuda.Driver;

/// <summary>Strings as C takes them: an array of pointers to zero-terminated UTF-8.</summary>
internal sealed unsafe class Utf8Strings : IDisposable
{
    private readonly int _count;

    /// <summary>Copies strings to native memory.</summary>
    /// <param name="strings">The strings.</param>
    public Utf8Strings(IReadOnlyList<string> strings)
    {
        _count = strings.Count;
        Pointers = (byte**)NativeMemory.Alloc((nuint)_count, (nuint)sizeof(byte*));
        for (int i = 0; i < _count; i++)
        {
            Pointers[i] = (byte*)Marshal.StringToCoTaskMemUTF8(strings[i]);
        }
    }

    /// <summary>One pointer per string.</summary>
    public byte** Pointers { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        for (int i = 0; i < _count; i++)
        {
            Marshal.FreeCoTaskMem((nint)Pointers[i]);
        }

        NativeMemory.Free(Pointers);
    }
}
