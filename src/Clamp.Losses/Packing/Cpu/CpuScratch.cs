namespace Clamp.Losses.Packing.Cpu;

/// <summary>What the CPU's kernels need besides <see cref="BatchMemory"/>.</summary>
internal readonly unsafe struct CpuScratch
{
    /// <summary>Sums over a worker's embeddings, [workers, D].</summary>
    public readonly double* PartialSums;

    /// <summary>What a worker has met in a strip, [workers].</summary>
    public readonly PairInteractions.Found* Found;

    /// <summary>Which rows of a strip hold close pairs, [rows].</summary>
    public readonly bool* CloseRows;

    /// <summary>How much all of it takes.</summary>
    public readonly long Bytes;

    private readonly float* _perWorker;
    private readonly nint _numbersPerWorker;

    /// <summary>Lays it out.</summary>
    /// <param name="start">The memory, or null to learn how much it takes.</param>
    /// <param name="shape">V, B and D.</param>
    /// <param name="strip">How many rows and columns a strip of pairs has at most.</param>
    /// <param name="workers">How many work at once.</param>
    public CpuScratch(void* start, BatchShape shape, (int Rows, int Columns) strip, int workers)
    {
        var pieces = new MemoryPieces(start);
        _numbersPerWorker = Math.Max(ImageScratch.Numbers(shape), 2 * Math.Min(shape.Images, strip.Columns));
        PartialSums = pieces.Take<double>((long)workers * shape.Width);
        Found = pieces.Take<PairInteractions.Found>(workers);
        CloseRows = pieces.Take<bool>(Math.Min(shape.Images, strip.Rows));
        _perWorker = pieces.Take<float>(workers * (long)_numbersPerWorker);
        Bytes = pieces.Bytes;
    }

    /// <summary>Numbers of one worker's own: an image's, or two for each column of a strip.</summary>
    /// <param name="worker">Which worker.</param>
    public float* Of(int worker) => _perWorker + worker * _numbersPerWorker;
}
