using static TorchSharp.torch;

namespace Clamp.Losses.Packing;

/// <summary>
/// What a backend supplies: the three kernels of one step. Statistics and gradient come in two halves, because between the halves
/// stands a sum over the whole batch, which processes that share a batch must form together. Tensors lie on the backend's device.
/// </summary>
internal interface IPackingKernels : IDisposable
{
    /// <summary>1a: the sum of all embeddings, into <see cref="PackingBuffers.EmbeddingSums"/>.</summary>
    /// <param name="embeddings">z, [V, B, D], float32, the last dimension contiguous.</param>
    /// <param name="buffers">The step's memory.</param>
    void SumEmbeddings(Tensor embeddings, PackingBuffers buffers);

    /// <summary>
    /// 1b: centroids, their squared norms and radii, given the sum of all embeddings; clears <see cref="PackingBuffers.CentroidForces"/>.
    /// </summary>
    /// <param name="embeddings">As for <see cref="SumEmbeddings"/>.</param>
    /// <param name="count">How many embeddings were summed.</param>
    /// <param name="radiusScale">r_s.</param>
    /// <param name="buffers">The step's memory.</param>
    void Statistics(Tensor embeddings, long count, double radiusScale, PackingBuffers buffers);

    /// <summary>
    /// 2: turns a block of the Gram matrix, in place, into A, and adds its pairs to the energy, the contact sums and the radius
    /// gradients. Forces between centroids too close for A C to resolve are applied at once, and are not in A.
    /// </summary>
    /// <param name="gram">c_i . c_j, [rows, columns], each row contiguous; becomes A_ij.</param>
    /// <param name="block">Which pairs these are.</param>
    /// <param name="potential">The interaction.</param>
    /// <param name="forces">Whether A and the gradients are wanted, or the energy alone.</param>
    /// <param name="buffers">The step's memory.</param>
    /// <returns>False when A is known to be zero everywhere, so that its products need not be formed.</returns>
    bool Interactions(Tensor gram, PairBlock block, PairPotential potential, bool forces, PackingBuffers buffers);

    /// <summary>2b: the loss of the energy of all pairs and of all radii, and its slope.</summary>
    /// <param name="potential">The interaction.</param>
    /// <param name="logEnergy">Whether the loss is log(E + 1e-6), or E itself.</param>
    /// <param name="buffers">The step's memory.</param>
    /// <param name="loss">Receives L, a float32 scalar.</param>
    /// <param name="slope">Receives dL/dE, a float64 scalar.</param>
    void LossOfEnergy(PairPotential potential, bool logEnergy, PackingBuffers buffers, Tensor loss, Tensor slope);

    /// <summary>3a: h, the gradient of the energy with respect to the centred embeddings, and its sum over the batch.</summary>
    /// <param name="embeddings">As for <see cref="SumEmbeddings"/>.</param>
    /// <param name="potential">The interaction.</param>
    /// <param name="buffers">The step's memory.</param>
    /// <param name="projected">Receives h, [V, B, D], float32, contiguous.</param>
    /// <param name="sums">Receives the sum of h over the batch, [D], float64.</param>
    void Gradient(Tensor embeddings, PairPotential potential, PackingBuffers buffers, Tensor projected, Tensor sums);

    /// <summary>3b: (h - mean of h) * slope * upstream.</summary>
    /// <param name="projected">h, [V, B, D], contiguous.</param>
    /// <param name="sums">The sum of h over the batch, [D], float64.</param>
    /// <param name="count">How many h were summed.</param>
    /// <param name="slope">dL/dE, a float64 scalar.</param>
    /// <param name="upstream">The gradient of what is back-propagated with respect to L, a float32 scalar; 1 when null.</param>
    /// <param name="result">Receives the gradient, contiguous; may be <paramref name="projected"/> itself.</param>
    void Centre(Tensor projected, Tensor sums, long count, Tensor slope, Tensor? upstream, Tensor result);
}
