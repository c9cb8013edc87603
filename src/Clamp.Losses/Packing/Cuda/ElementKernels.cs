namespace Clamp.Losses.Packing.Cuda;

/// <summary>The kernels that read or write embeddings, for one element type on one device; their .cu files say what each does.</summary>
internal sealed class ElementKernels
{
    /// <summary>Compiles and loads them.</summary>
    /// <param name="device">Where.</param>
    /// <param name="element">The define that selects the element type.</param>
    public ElementKernels(CudaDevice device, string element)
    {
        var statistics = device.Load(
            "EmbeddingStatistics.cu", element, "sum_embeddings", "add_partial_sums", "measure_images");
        (SumEmbeddings, AddPartialSums, MeasureImages) = (statistics[0], statistics[1], statistics[2]);
        var gradient = device.Load("EmbeddingGradient.cu", element, "project_gradient", "centre_gradient");
        (ProjectGradient, CentreGradient) = (gradient[0], gradient[1]);
    }

    public nint SumEmbeddings { get; }

    public nint AddPartialSums { get; }

    public nint MeasureImages { get; }

    public nint ProjectGradient { get; }

    public nint CentreGradient { get; }
}
