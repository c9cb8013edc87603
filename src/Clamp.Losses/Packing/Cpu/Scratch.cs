using System.Runtime.InteropServices;

namespace Clamp.Losses.Packing.Cpu;

/// <summary>Aligned memory for intermediate numbers, outside the managed heap, kept and grown between steps.</summary>
internal sealed unsafe class Scratch : IDisposable
{
    private const nuint CacheLine = 64;

    private void* _memory;
    private nuint _bytes;

    ~Scratch() => Free();

    /// <summary>Memory for a number of values, not cleared; what was handed out before is gone.</summary>
    /// <typeparam name="T">The kind of value.</typeparam>
    /// <param name="count">How many.</param>
    public T* Rent<T>(long count)
        where T : unmanaged
    {
        var bytes = checked((nuint)count * (nuint)sizeof(T));
        if (bytes > _bytes)
        {
            Free();
            _memory = NativeMemory.AlignedAlloc(bytes, CacheLine);
            _bytes = bytes;
        }

        return (T*)_memory;
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
        _bytes = 0;
    }
}
