using Clamp.Losses.Packing;
using static TorchSharp.torch;

namespace Clamp.Losses.Benchmarks;

/// <summary>Leaves a Gram block as it is, so that of a strip only the products remain.</summary>
internal sealed class WithoutInteractions : IPackingKernels
{
    public bool Interactions(Tensor gram, PairBlock block, PairPotential potential, bool forces, PackingBuffers buffers) => true;

    public void SumEmbeddings(Tensor embeddings, PackingBuffers buffers) => throw new NotSupportedException();

    public void Statistics(Tensor embeddings, long count, double radiusScale, PackingBuffers buffers) => throw new NotSupportedException();

    public void LossOfEnergy(PairPotential potential, bool logEnergy, PackingBuffers buffers, Tensor loss, Tensor slope) =>
        throw new NotSupportedException();

    public void Gradient(Tensor embeddings, PairPotential potential, PackingBuffers buffers, Tensor projected, Tensor sums) =>
        throw new NotSupportedException();

    public void Centre(Tensor projected, Tensor sums, long count, Tensor slope, Tensor? upstream, Tensor result) =>
        throw new NotSupportedException();

    public void Dispose()
    {
    }
}
