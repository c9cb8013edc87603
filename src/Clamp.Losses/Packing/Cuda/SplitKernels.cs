namespace Clamp.Losses.Packing.Cuda;

/// <summary>The kernels of split products, on one device; their .cu file says what each does.</summary>
/// <param name="device">Loads them.</param>
internal sealed class SplitKernels(CudaDevice device)
{
    public nint SplitMatrix { get; } = device.Load("Split.cu", "ELEMENT_FLOAT32", "split_matrix");
}
