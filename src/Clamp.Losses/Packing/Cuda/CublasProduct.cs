namespace Clamp.Losses.Packing.Cuda;

/// <summary>Products by cuBLAS with a handle of its own, so that no switch of the process's, such as TF32, has a say.</summary>
internal sealed unsafe class CublasProduct : IMatrixProduct, IDisposable
{
    private readonly NativeLibraryFile _library;
    private readonly delegate* unmanaged<
        nint, int, int, int, int, int, float*, float*, int, float*, int, float*, float*, int, int> _sgemm;
    private readonly nint _handle;

    /// <summary>Starts cuBLAS in this thread's context.</summary>
    /// <param name="library">cuBLAS.</param>
    /// <exception cref="InvalidOperationException">It does not start.</exception>
    public CublasProduct(NativeLibraryFile library)
    {
        _library = library;
        _sgemm = (delegate* unmanaged<nint, int, int, int, int, int, float*, float*, int, float*, int, float*, float*, int, int>)
            library.Function("cublasSgemm_v2");
        nint handle;
        Check(((delegate* unmanaged<nint*, int>)library.Function("cublasCreate_v2"))(&handle), "cublasCreate");
        _handle = handle;
    }

    /// <summary>Where cuBLAS may be.</summary>
    public static IReadOnlyList<string> Names => OperatingSystem.IsWindows()
        ? ["cublas64_13.dll", "cublas64_12.dll", "cublas64_11.dll"]
        : ["libcublas.so.13", "libcublas.so.12", "libcublas.so.11"];

    /// <inheritdoc/>
    public void Multiply(Matrix left, Matrix right, Matrix result, bool accumulate)
    {
        // cuBLAS counts by columns, so it sees every matrix transposed: result^T = right^T left^T.
        var (one, kept) = (1f, accumulate ? 1f : 0f);
        Check(
            _sgemm(
                _handle, right.IsTransposed ? 1 : 0, left.IsTransposed ? 1 : 0, result.Columns, result.Rows, left.Columns,
                &one, right.Data, right.Stride, left.Data, left.Stride, &kept, result.Data, result.Stride),
            "cublasSgemm");
    }

    /// <inheritdoc/>
    public void Dispose() => _ = ((delegate* unmanaged<nint, int>)_library.Function("cublasDestroy_v2"))(_handle);

    private void Check(int status, string function)
    {
        if (status != 0)
        {
            throw new InvalidOperationException($"{function} of {_library.Path} failed with status {status}.");
        }
    }
}
