using static Clamp.Losses.Packing.Cuda.KernelConstants;

namespace Clamp.Losses.Packing.Cuda;

/// <summary>What a GPU's kernels need besides <see cref="BatchMemory"/>; the .cu files say what each holds.</summary>
internal readonly unsafe struct CudaScratch
{
    public readonly double* PartialSums;
    public readonly double* ExactInverseNorms;
    public readonly double* Along;
    public readonly double* ExactCentroids;
    public readonly float* RowSums;
    public readonly float* ColumnSums;
    public readonly double* TileEnergies;
    public readonly byte* CloseTiles;

    /// <summary>The parts of the left and of the right factor of a <see cref="SplitProduct"/>; null where products are not split.</summary>
    public readonly ushort* LeftParts;
    public readonly ushort* RightParts;

    /// <summary>How much all of it takes.</summary>
    public readonly long Bytes;

    /// <summary>Lays it out.</summary>
    /// <param name="start">The memory, or null to learn how much it takes.</param>
    /// <param name="shape">V, B and D.</param>
    /// <param name="chunks">How many chunks of images sum at once, at most.</param>
    /// <param name="strip">How many rows and columns a strip of pairs has at most.</param>
    /// <param name="tiles">How many tiles of pairs a launch has at most.</param>
    /// <param name="splits">Whether products are split.</param>
    public CudaScratch(void* start, BatchShape shape, int chunks, (int Rows, int Columns) strip, long tiles, bool splits)
    {
        var pieces = new MemoryPieces(start);
        PartialSums = pieces.Take<double>((long)chunks * shape.Width);
        ExactInverseNorms = pieces.Take<double>(shape.Rows);
        Along = pieces.Take<double>(shape.Rows);
        ExactCentroids = pieces.Take<double>((long)chunks * shape.Width);
        RowSums = pieces.Take<float>(2 * ((strip.Columns + WarpNumbers - 1) / WarpNumbers) * strip.Rows);
        ColumnSums = pieces.Take<float>(2 * WarpNumbers * tiles);
        TileEnergies = pieces.Take<double>(tiles);
        CloseTiles = pieces.Take<byte>(tiles);
        if (splits)
        {
            // Of C C^T, of A C and of its mirror image.
            var (down, across, wide) = (Summed(strip.Rows), Summed(strip.Columns), Summed(shape.Width));
            var left = Math.Max(strip.Rows * Math.Max(wide, across), strip.Columns * down);
            var right = Math.Max(strip.Columns * wide, shape.Width * Math.Max(across, down));
            LeftParts = pieces.Take<ushort>(SplitProduct.Parts * left);
            RightParts = pieces.Take<ushort>(SplitProduct.Parts * right);
        }

        Bytes = pieces.Bytes;

        static long Summed(int count) => Math.Min(count, SplitProduct.MostSummed);
    }
}
