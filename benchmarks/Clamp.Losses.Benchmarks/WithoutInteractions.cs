using Clamp.Losses.Packing;

namespace Clamp.Losses.Benchmarks;

/// <summary>Leaves a strip of pairs as it is, so that of its work only the products remain.</summary>
/// <param name="kernels">For everything else.</param>
internal sealed unsafe class WithoutInteractions(IPackingKernels kernels) : IPackingKernels
{
    public int Workers => kernels.Workers;

    public IMatrixProduct ProductOf(BatchMemory batch) => kernels.ProductOf(batch);

    public (int Rows, int Columns) LargestStrip(int images) => kernels.LargestStrip(images);

    public long ScratchBytes(BatchShape shape, int workers) => kernels.ScratchBytes(shape, workers);

    public void SumEmbeddings(EmbeddingRows embeddings, BatchMemory batch) => kernels.SumEmbeddings(embeddings, batch);

    public void Statistics(EmbeddingRows embeddings, BatchMemory batch) => kernels.Statistics(embeddings, batch);

    public bool Interactions(PairStrip strip, Matrix pairs, bool forces, BatchMemory batch) => true;

    public void LossOfEnergy(BatchMemory batch, float* loss, double* slope) => kernels.LossOfEnergy(batch, loss, slope);

    public void Gradient(EmbeddingRows embeddings, BatchMemory batch, float* projected, double* sums) =>
        kernels.Gradient(embeddings, batch, projected, sums);

    public void Centre(
        BatchShape shape, float* projected, double* sums, double* slope, float* upstream, ElementType element, void* result) =>
        kernels.Centre(shape, projected, sums, slope, upstream, element, result);
}
