namespace Clamp.Losses.Packing.Cpu;

/// <summary>Memory for one image at a time.</summary>
internal readonly unsafe struct ImageScratch
{
    private const int CacheLine = 16;

    // The gradient keeps two points and a sum, however few the views.
    private const int LeastRows = 3;

    private readonly float* _memory;
    private readonly nint _views;

    /// <summary>Lays it out.</summary>
    /// <param name="memory"><see cref="Numbers"/> numbers.</param>
    /// <param name="shape">V, B and D.</param>
    public ImageScratch(float* memory, BatchShape shape)
    {
        _memory = memory;
        Stride = StrideOf(shape);
        _views = shape.Views;
    }

    /// <summary>From one view to the next.</summary>
    public nint Stride { get; }

    /// <summary>Two numbers per view, in double.</summary>
    public double* PerView => (double*)_memory;

    /// <summary>D numbers besides the views.</summary>
    public float* Extra => Row(-1);

    /// <summary>The D numbers of one view, or of one of at least three rows.</summary>
    /// <param name="view">Which view.</param>
    public float* Row(int view) => _memory + RoundedUp(4 * (int)_views) + (view + 1) * Stride;

    /// <summary>How many numbers it takes.</summary>
    /// <param name="shape">V, B and D.</param>
    public static nint Numbers(BatchShape shape) => RoundedUp(4 * shape.Views) + (Math.Max(shape.Views, LeastRows) + 1) * StrideOf(shape);

    // A cache line more than the row: views of a power of two apart would fight for the same few places in the cache.
    private static nint StrideOf(BatchShape shape) => RoundedUp(shape.Width) + CacheLine;

    private static nint RoundedUp(int numbers) => (numbers + CacheLine - 1) / CacheLine * CacheLine;
}
