namespace Clamp.Losses.Packing.Cuda;

/// <summary>The kernels that read or write embeddings, for one element type on one device; their .cu files say what each does.</summary>
/// <param name="device">Loads them.</param>
/// <param name="element">The define that selects the element type.</param>
internal sealed class ElementKernels(CudaDevice device, string element)
{
    private const string Statistics = "EmbeddingStatistics.cu";
    private const string Gradient = "EmbeddingGradient.cu";

    public nint SumEmbeddings { get; } = device.Load(Statistics, element, "sum_embeddings");

    public nint AddPartialSums { get; } = device.Load(Statistics, element, "add_partial_sums");

    public nint MeasureImages { get; } = device.Load(Statistics, element, "measure_images");

    public nint ProjectGradient { get; } = device.Load(Gradient, element, "project_gradient");

    public nint CentreGradient { get; } = device.Load(Gradient, element, "centre_gradient");
}
