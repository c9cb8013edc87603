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

    private readonly NativeLibraryFile _library;
    private readonly CudaDriver _driver;
    private readonly nint _context;
    private readonly delegate* unmanaged<nint, int, int, int, int, int, float*, float*, int, float*, int, float*, float*, int, int> _sgemm;
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
