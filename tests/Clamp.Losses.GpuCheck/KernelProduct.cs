using Clamp.Losses.Packing;
using Clamp.Losses.Packing.Cuda;
using Clamp.Losses.Packing.Cuda.Driver;

namespace Clamp.Losses.GpuCheck;

/// <summary>Products by the plain kernel of Product.cu, for a machine without cuBLAS.</summary>
/// <param name="gpu">Launches it.</param>
/// <param name="kernel">The kernel, loaded.</param>
internal sealed unsafe class KernelProduct(CudaDevice gpu, nint kernel) : IMatrixProduct
{
    private const int Tile = 16;

    /// <summary>The kernel's source.</summary>
    public static KernelSource Source
    {
        get
        {
            using var reader = new StreamReader(typeof(KernelProduct).Assembly.GetManifestResourceStream("Product.cu")!);
            return new KernelSource("Product.cu", reader.ReadToEnd(), [], []);
        }
    }

    /// <inheritdoc/>
    public void Multiply(Matrix left, Matrix right, Matrix result, bool accumulate)
    {
        var (leftRow, leftColumn) = StridesOf(left);
        var (rightRow, rightColumn) = StridesOf(right);
        gpu.Launch(
            kernel, ((result.Columns + Tile - 1) / Tile, (result.Rows + Tile - 1) / Tile), (Tile, Tile),
            left.Data, leftRow, leftColumn, right.Data, rightRow, rightColumn,
            result.Data, (long)result.Stride, result.Rows, result.Columns, left.Columns, accumulate ? 1 : 0);
    }

    private static (long Row, long Column) StridesOf(Matrix matrix) => matrix.IsTransposed ? (1, matrix.Stride) : (matrix.Stride, 1);
}
