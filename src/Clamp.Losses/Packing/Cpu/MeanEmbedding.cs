namespace Clamp.Losses.Packing.Cpu;

/// <summary>
/// mu, in double and as High + Low in float32: (z - High) - Low is right to float32, because the first difference is exact where it
/// is small (Sterbenz) and Low is far below the rounding of the second.
/// </summary>
internal readonly unsafe struct MeanEmbedding
{
    private readonly int _width;

    public MeanEmbedding(Scratch memory, int width)
    {
        _width = width;
        Exact = memory.Rent<double>(2L * width);
        High = (float*)(Exact + width);
        Low = High + width;
    }

    /// <summary>mu, [D].</summary>
    public readonly double* Exact;

    /// <summary>mu rounded, [D].</summary>
    public readonly float* High;

    /// <summary>What rounding took away, [D].</summary>
    public readonly float* Low;

    /// <summary>Divides the sum of embeddings by their count.</summary>
    /// <param name="sums">The sum, [D].</param>
    /// <param name="count">How many embeddings.</param>
    public void Set(double* sums, long count)
    {
        for (int d = 0; d < _width; d++)
        {
            Exact[d] = sums[d] / count;
            High[d] = (float)Exact[d];
            Low[d] = (float)(Exact[d] - High[d]);
        }
    }
}
