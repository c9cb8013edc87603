using Clamp.Losses.Tensors;
using static TorchSharp.torch;

namespace Clamp.Losses.Packing.Cpu;

/// <summary>
/// Float32 products by libtorch's own BLAS: called by its address where libtorch exports it (MKL, in the Linux packages), which saves the
/// tensors around the numbers; elsewhere through torch.
/// </summary>
/// <param name="sgemm">The address of the BLAS function, or 0 for torch.</param>
internal sealed unsafe class MatrixProduct(nint sgemm) : IMatrixProduct
{
    private readonly delegate* unmanaged<byte*, byte*, int*, int*, int*, float*, float*, int*, float*, int*, float*, float*, int*, void> _sgemm =
        (delegate* unmanaged<byte*, byte*, int*, int*, int*, float*, float*, int*, float*, int*, float*, float*, int*, void>)sgemm;

    /// <summary>The product of this machine.</summary>
    public static MatrixProduct OfMachine { get; } = new(TorchLibrary.Function("sgemm_"));

    /// <inheritdoc/>
    public void Multiply(Matrix left, Matrix right, Matrix result, bool accumulate)
    {
        if (_sgemm != null)
        {
            MultiplyByBlas(left, right, result, accumulate ? 1 : 0);
        }
        else
        {
            using var scope = NewDisposeScope();
            TensorOver(result).addmm_(TensorOver(left), TensorOver(right), beta: accumulate ? 1 : 0, alpha: 1);
        }
    }

    private static Tensor TensorOver(Matrix matrix)
    {
        var (rows, columns) = matrix.IsTransposed ? (matrix.Columns, matrix.Rows) : (matrix.Rows, matrix.Columns);
        var numbers = TensorMemory.Over(matrix.Data, (rows - 1L) * matrix.Stride + columns);
        return matrix.IsTransposed
            ? numbers.as_strided([matrix.Rows, matrix.Columns], [1, matrix.Stride])
            : numbers.as_strided([matrix.Rows, matrix.Columns], [matrix.Stride, 1]);
    }

    private void MultiplyByBlas(Matrix left, Matrix right, Matrix result, float kept)
    {
        // BLAS counts by columns, so it sees every matrix transposed: result^T = right^T left^T.
        var (transposeRight, transposeLeft) = (Transposition(right), Transposition(left));
        var (columns, rows, inner) = (result.Columns, result.Rows, left.Columns);
        var (rightStride, leftStride, resultStride, one) = (right.Stride, left.Stride, result.Stride, 1f);
        _sgemm(
            &transposeRight, &transposeLeft, &columns, &rows, &inner, &one, right.Data, &rightStride, left.Data, &leftStride,
            &kept, result.Data, &resultStride);
    }

    private static byte Transposition(Matrix matrix) => matrix.IsTransposed ? (byte)'T' : (byte)'N';
}
