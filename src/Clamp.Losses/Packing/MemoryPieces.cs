namespace Clamp.Losses.Packing;

/// <summary>Hands out one block of memory piece by piece; begun at null, it only counts how large the block must be.</summary>
/// <param name="start">The block, aligned to 256 bytes.</param>
internal unsafe struct MemoryPieces(void* start)
{
    /// <summary>Of every piece, in bytes: what the widest loads and the matrix products like best, on a CPU and on a GPU.</summary>
    public const int Alignment = 256;

    private readonly byte* _start = (byte*)start;

    /// <summary>How much has been handed out.</summary>
    public long Bytes { get; private set; }

    /// <summary>The next piece, not cleared.</summary>
    /// <typeparam name="T">The kind of value.</typeparam>
    /// <param name="count">How many.</param>
    public T* Take<T>(long count)
        where T : unmanaged
    {
        var piece = (T*)(_start + Bytes);
        Bytes = checked(Bytes + (count * sizeof(T) + Alignment - 1) / Alignment * Alignment);
        return piece;
    }
}
