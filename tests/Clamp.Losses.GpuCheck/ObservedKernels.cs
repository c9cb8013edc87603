using Clamp.Losses.Packing;

namespace Clamp.Losses.GpuCheck;

/// <summary>The library's kernels, with somebody told when all launches of a stage are queued.</summary>
/// <param name="kernels">The library's.</param>
/// <param name="finished">Is told, several times for stages that alternate.</param>
internal sealed unsafe class ObservedKernels(IPackingKernels kernels, Action<Stage> finished) : IPackingKernels, IMatrixProduct
{
    private IMatrixProduct? _product;

    /// <inheritdoc/>
    public int Workers => kernels.Workers;

    /// <inheritdoc/>
    public IMatrixProduct ProductOf(BatchMemory batch)
    {
        _product = kernels.ProductOf(batch);
        return this;
    }

    /// <inheritdoc/>
    public (int Rows, int Columns) LargestStrip(int images) => kernels.LargestStrip(images);

    /// <inheritdoc/>
    public long ScratchBytes(BatchShape shape, int workers) => kernels.ScratchBytes(shape, workers);

    /// <inheritdoc/>
    public void SumEmbeddings(EmbeddingRows embeddings, BatchMemory batch) => kernels.SumEmbeddings(embeddings, batch);

    /// <inheritdoc/>
    public void Statistics(EmbeddingRows embeddings, BatchMemory batch)
    {
        kernels.Statistics(embeddings, batch);
        finished(Stage.Statistics);
    }

    /// <inheritdoc/>
    public void Multiply(Matrix left, Matrix right, Matrix result, bool accumulate)
    {
        _product!.Multiply(left, right, result, accumulate);
        finished(Stage.Products);
    }

    /// <inheritdoc/>
    public bool Interactions(PairStrip strip, Matrix pairs, bool forces, BatchMemory batch)
    {
        var any = kernels.Interactions(strip, pairs, forces, batch);
        finished(Stage.Interactions);
        return any;
    }

    /// <inheritdoc/>
    public void LossOfEnergy(BatchMemory batch, float* loss, double* slope)
    {
        kernels.LossOfEnergy(batch, loss, slope);
        finished(Stage.Interactions);
    }

    /// <inheritdoc/>
    public void Gradient(EmbeddingRows embeddings, BatchMemory batch, float* projected, double* sums) =>
        kernels.Gradient(embeddings, batch, projected, sums);

    /// <inheritdoc/>
    public void Centre(
        BatchShape shape, float* projected, double* sums, double* slope, float* upstream, ElementType element, void* result)
    {
        kernels.Centre(shape, projected, sums, slope, upstream, element, result);
        finished(Stage.Gradient);
    }
}
