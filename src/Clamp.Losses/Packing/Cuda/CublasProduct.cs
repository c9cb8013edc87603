using Clamp.Losses.Packing.Cuda.Driver;

namespace Clamp.Losses.Packing.Cuda;

/// <summary>
/// Products by cuBLAS on the default stream, the one libtorch uses, by a handle of its own: distances are small differences of these
/// products, and what the application allows libtorch's handle, such as TF32, would spoil them.
/// </summary>
internal sealed unsafe class CublasProduct : IMatrixProduct, IDisposable
{
    // CUBLAS_DEFAULT_MATH: sums of float32 products in float32 or better, by the fastest kernel that does so. It is what libtorch sets
    // while TF32 is not allowed. CUBLAS_PEDANTIC_MATH promises no more for float32 and may be slower.
    private const int FullPrecision = 0;

    // CUDA_R_32F, CUDA_R_16BF, CUBLAS_COMPUTE_32F and CUBLAS_GEMM_DEFAULT.
    private const int Float32 = 0;
    private const int BFloat16 = 14;
    private const int Float32Sums = 68;
    private const int AnyAlgorithm = -1;

    private readonly NativeLibraryFile _library;
    private readonly CudaDriver _driver;
    private readonly nint _context;
    private readonly delegate* unmanaged<nint, int, int, int, int, int, float*, float*, int, float*, int, float*, float*, int, int> _sgemm;
    private readonly delegate* unmanaged<
        nint, int, int, int, int, int, float*, void*, int, int, void*, int, int, float*, void*, int, int, int, int, int> _gemmEx;

    private readonly nint _handle;
    private readonly object _oneAtATime = new();

    /// <summary>Starts cuBLAS in a context.</summary>
    /// <param name="library">cuBLAS.</param>
    /// <param name="driver">The driver.</param>
    /// <param name="context">The context.</param>
    /// <exception cref="InvalidOperationException">It does not start.</exception>
    public CublasProduct(NativeLibraryFile library, CudaDriver driver, nint context)
    {
        (_library, _driver, _context) = (library, driver, context);
        _sgemm = (delegate* unmanaged<nint, int, int, int, int, int, float*, float*, int, float*, int, float*, float*, int, int>)
            library.Function("cublasSgemm_v2");
        _gemmEx = (delegate* unmanaged<
            nint, int, int, int, int, int, float*, void*, int, int, void*, int, int, float*, void*, int, int, int, int, int>)
            library.Function("cublasGemmEx");
        var setMathMode = (delegate* unmanaged<nint, int, int>)library.Function("cublasSetMathMode");
        using var current = new CurrentContext(driver, context);
        nint handle;
        Check(((delegate* unmanaged<nint*, int>)library.Function("cublasCreate_v2"))(&handle), "cublasCreate");
        _handle = handle;
        try
        {
            Check(setMathMode(handle, FullPrecision), "cublasSetMathMode");
        }
        catch (InvalidOperationException)
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Multiply(Matrix left, Matrix right, Matrix result, bool accumulate)
    {
        // cuBLAS counts by columns, so it sees every matrix transposed: result^T = right^T left^T.
        var (one, kept) = (1f, accumulate ? 1f : 0f);

        // A handle is for one thread at a time.
        lock (_oneAtATime)
        {
            using var current = new CurrentContext(_driver, _context);
            Check(
                _sgemm(
                    _handle, right.IsTransposed ? 1 : 0, left.IsTransposed ? 1 : 0, result.Columns, result.Rows, left.Columns,
                    &one, right.Data, right.Stride, left.Data, left.Stride, &kept, result.Data, result.Stride),
                "cublasSgemm");
        }
    }

    /// <summary>result = left right^T, or result += left right^T, of bfloat16 factors: products are exact, sums float32.</summary>
    /// <param name="left">The left factor.</param>
    /// <param name="right">The right factor, transposed: its columns are summed over, as the left one's are.</param>
    /// <param name="result">Receives the product; not transposed.</param>
    /// <param name="accumulate">Whether to add to what is there.</param>
    public void Multiply(MatrixParts left, MatrixParts right, Matrix result, bool accumulate)
    {
        var (one, kept) = (1f, accumulate ? 1f : 0f);
        lock (_oneAtATime)
        {
            using var current = new CurrentContext(_driver, _context);
            Check(
                _gemmEx(
                    _handle, right.IsTransposed ? 0 : 1, left.IsTransposed ? 1 : 0, result.Columns, result.Rows, left.Columns,
                    &one, right.Data, BFloat16, right.Stride, left.Data, BFloat16, left.Stride,
                    &kept, result.Data, Float32, result.Stride, Float32Sums, AnyAlgorithm),
                "cublasGemmEx");
        }
    }

    /// <summary>Gives the handle back, in the context that it was made in. A device that has failed refuses even that: nothing is thrown.</summary>
    public void Dispose() => _ = ((delegate* unmanaged<nint, int>)_library.Function("cublasDestroy_v2"))(_handle);

    private void Check(int status, string function)
    {
        if (status != 0)
        {
            throw new InvalidOperationException($"{function} of {_library.Path} failed with status {status}.");
        }
    }
}
