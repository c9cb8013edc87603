namespace Clamp.Losses.Packing.Cpu;

/// <summary>Memory for one image at a time, one per chunk of work.</summary>
internal readonly unsafe struct ImageScratch
{
    private const int CacheLine = 16;

    private readonly float* _memory;
    private readonly nint _views;

    /// <summary>The memory of one chunk.</summary>
    /// <param name="memory"><see cref="Numbers"/> numbers for every chunk.</param>
    /// <param name="embeddings">The batch.</param>
    /// <param name="chunk">Which chunk.</param>
    public ImageScratch(float* memory, EmbeddingRows embeddings, int chunk)
    {
        _memory = memory + chunk * Numbers(embeddings);
        Stride = StrideOf(embeddings);
        _views = embeddings.Views;
    }

    /// <summary>From one view to the next.</summary>
    public nint Stride { get; }

    /// <summary>Two numbers per view, in double.</summary>
    public double* PerView => (double*)_memory;

    /// <summary>D numbers besides the views.</summary>
    public float* Extra => Row(-1);

    /// <summary>The D numbers of one view.</summary>
    /// <param name="view">Which view.</param>
    public float* Row(int view) => _memory + RoundedUp(4 * (int)_views) + (view + 1) * Stride;

    /// <summary>How many numbers one chunk needs.</summary>
    /// <param name="embeddings">The batch.</param>
    public static nint Numbers(EmbeddingRows embeddings) =>
        RoundedUp(4 * embeddings.Views) + (embeddings.Views + 1) * StrideOf(embeddings);

    // A cache line more than the row: views of a power of two apart would fight for the same few places in the cache.
    private static nint StrideOf(EmbeddingRows embeddings) => RoundedUp(embeddings.Width) + CacheLine;

    private static nint RoundedUp(int numbers) => (numbers + CacheLine - 1) / CacheLine * CacheLine;
}
