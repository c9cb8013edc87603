using static Clamp.Losses.Packing.Cuda.KernelConstants;

namespace Clamp.Losses.Packing.Cuda;

/// <summary>
/// Float32 products on the tensor cores of bfloat16 ("bf16x6"): of the nine products of three parts each, the six that float32 notices,
/// the smallest first. A left factor's parts go from high to low and a right one's from low to high, so that the products of one order
/// of magnitude are one sum: high low + middle middle + low high, then high middle + middle high, then high high.
/// Precision: that of float32; docs/backends.md has the numbers. Reference: <see cref="CublasProduct"/>.
/// </summary>
/// <param name="gpu">The GPU.</param>
/// <param name="product">Multiplies parts.</param>
/// <param name="leftParts">Memory for the parts of a left factor: three numbers for each of its own, of <see cref="MostSummed"/> columns.</param>
/// <param name="rightParts">The same for a right factor's rows.</param>
internal sealed unsafe class SplitProduct(CudaDevice gpu, CublasProduct product, ushort* leftParts, ushort* rightParts) : IMatrixProduct
{
    /// <summary>From how many images on: below, launches cost more than products.</summary>
    public const int LeastImages = 4096;

    /// <summary>The first GPUs with tensor cores for bfloat16.</summary>
    public const int LeastComputeCapability = 80;

    /// <summary>How many columns of a left factor are split at once.</summary>
    public const int MostSummed = 1024;

    /// <summary>How many parts a number has.</summary>
    public const int Parts = 3;

    // Tensor cores cut their sums off instead of rounding them, so that they shrink a little with every step; between calls they are rounded.
    private const int MostSummedHigh = 512;

    /// <inheritdoc/>
    public void Multiply(Matrix left, Matrix right, Matrix result, bool accumulate)
    {
        for (int first = 0; first < left.Columns; first += MostSummed)
        {
            var count = Math.Min(MostSummed, left.Columns - first);
            var (highFirst, lowFirst) = (Split(left.ColumnsFrom(first, count), leftParts, 0), Split(right.Transposed.ColumnsFrom(first, count), rightParts, Parts - 1));
            for (int parts = Parts; parts > 1; parts--)
            {
                var skipped = (Parts - parts) * count;
                Add(highFirst.ColumnsFrom(0, parts * count), lowFirst.ColumnsFrom(skipped, parts * count));
            }

            for (int high = 0; high < count; high += MostSummedHigh)
            {
                var some = Math.Min(MostSummedHigh, count - high);
                Add(highFirst.ColumnsFrom(high, some), lowFirst.ColumnsFrom((Parts - 1) * count + high, some));
            }
        }

        void Add(MatrixParts leftPart, MatrixParts rightPart)
        {
            product.Multiply(leftPart, rightPart, result, accumulate);
            accumulate = true;
        }
    }

    /// <summary>The parts of a matrix, the high one in a place of its own and the others after it, or before it where it is last.</summary>
    private MatrixParts Split(Matrix matrix, ushort* parts, int placeOfHigh)
    {
        var (transposed, count) = (matrix.IsTransposed, matrix.Columns);
        var (rows, columns) = transposed ? (count, matrix.Rows) : (matrix.Rows, count);
        var (stride, step) = transposed ? (columns, (long)rows * columns) : (Parts * count, count);
        gpu.Launch(
            gpu.Split.SplitMatrix,
            ((columns + WarpNumbers - 1) / WarpNumbers, Math.Min((rows + BlockWarps - 1) / BlockWarps, MostBlocksDown)), (WarpSize, BlockWarps),
            matrix.Data, (long)matrix.Stride, rows, columns, parts + placeOfHigh * step, (long)stride, placeOfHigh == 0 ? step : -step);
        return new MatrixParts(parts, Parts * count, stride, transposed);
    }
}
