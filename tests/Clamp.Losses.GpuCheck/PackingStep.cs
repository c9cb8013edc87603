using Clamp.Losses.Packing;
using Clamp.Losses.Packing.Cuda;

namespace Clamp.Losses.GpuCheck;

/// <summary>Loss and gradient of one batch on a GPU by the library's launches, on memory of the driver's instead of tensors.</summary>
internal sealed unsafe class PackingStep
{
    private readonly CudaPackingKernels _kernels;
    private readonly EmbeddingRows _embeddings;
    private readonly BatchMemory _batch;
    private readonly float* _loss;
    private readonly float* _projected;
    private readonly double* _sums;
    private readonly double* _slope;
    private readonly float* _upstream;
    private readonly void* _gradient;

    /// <summary>Takes the memory of a step.</summary>
    /// <param name="gpu">Where.</param>
    /// <param name="arena">Its memory.</param>
    /// <param name="embeddings">z.</param>
    /// <param name="options">The loss.</param>
    /// <param name="upstream">The gradient of what is back-propagated with respect to the loss.</param>
    /// <param name="strip">How many rows and columns a strip of pairs has at most; null for what the library takes.</param>
    /// <param name="leastSplitImages">From how many images on products may be split.</param>
    /// <exception cref="InsufficientMemoryException">The device has less.</exception>
    public PackingStep(
        Gpu gpu,
        DeviceArena arena,
        EmbeddingRows embeddings,
        ClampLossOptions options,
        float upstream,
        (int Rows, int Columns)? strip = null,
        int leastSplitImages = SplitProduct.LeastImages)
    {
        (_embeddings, _kernels) = (embeddings, new CudaPackingKernels(gpu.Kernels, gpu.Product, options, strip, leastSplitImages));
        var shape = embeddings.Shape;
        _batch = new BatchMemory((void*)arena.Allocate(new BatchMemory(null, shape, _kernels, workers: 1).Bytes), shape, _kernels, workers: 1);
        _loss = (float*)arena.Allocate(sizeof(float));
        _projected = (float*)arena.Allocate(sizeof(float) * shape.Numbers);
        _sums = (double*)arena.Allocate(sizeof(double) * shape.Width);
        _slope = (double*)arena.Allocate(sizeof(double));
        _upstream = (float*)arena.Allocate(BitConverter.GetBytes(upstream));
        _gradient = embeddings.Element == ElementType.Float32
            ? _projected
            : (void*)arena.Allocate(ElementEncoding.SizeOf(embeddings.Element) * shape.Numbers);
    }

    /// <summary>The address of the loss, float32.</summary>
    public long Loss => (long)_loss;

    /// <summary>The address of the gradient, contiguous and of the embeddings' type.</summary>
    public long Gradient => (long)_gradient;

    /// <summary>How many entries the strips of pairs have together: some pairs come from both sides.</summary>
    public long PairEntries =>
        PairStrip.Cut(_embeddings.Shape, _kernels.LargestStrip(_embeddings.Images)).Sum(strip => (long)strip.Rows * strip.Columns);

    /// <summary>Queues the step.</summary>
    /// <param name="finished">Is told when all launches of a stage are queued, several times for stages that alternate.</param>
    public void Run(Action<Stage> finished)
    {
        var (kernels, shape) = (new ObservedKernels(_kernels, finished), _embeddings.Shape);
        FusedPacking.Loss(kernels, _embeddings, _batch, exchange: null, forces: true, _loss, _slope);
        kernels.Gradient(_embeddings, _batch, _projected, _sums);
        kernels.Centre(shape, _projected, _sums, _slope, _upstream, _embeddings.Element, _gradient);
    }
}
