namespace Clamp.Losses.Packing;

/// <summary>
/// What a backend supplies: the three kernels of one step and the matrix products between them. Statistics and gradient come in two
/// halves, because between the halves stands a sum over the whole batch, which processes that share a batch must form together.
/// Kernels know the options and keep nothing between calls: threads may share them, each with a <see cref="BatchMemory"/> of its own.
/// Addresses lie on the backend's device.
/// </summary>
internal unsafe interface IPackingKernels
{
    /// <summary>See <see cref="BatchMemory.Workers"/>.</summary>
    int Workers { get; }

    /// <summary>Who multiplies the matrices of a step.</summary>
    /// <param name="batch">The step's memory.</param>
    IMatrixProduct ProductOf(BatchMemory batch);

    /// <summary>How many rows and columns a strip of pairs has at most.</summary>
    /// <param name="images">B.</param>
    (int Rows, int Columns) LargestStrip(int images);

    /// <summary>The size of <see cref="BatchMemory.Scratch"/>.</summary>
    /// <param name="shape">V, B and D.</param>
    /// <param name="workers">How many work at once.</param>
    long ScratchBytes(BatchShape shape, int workers);

    /// <summary>1a: the sum of all embeddings, into <see cref="BatchMemory.EmbeddingSums"/>.</summary>
    /// <param name="embeddings">z.</param>
    /// <param name="batch">The step's memory.</param>
    void SumEmbeddings(EmbeddingRows embeddings, BatchMemory batch);

    /// <summary>
    /// 1b: the mean, centroids, their squared norms and radii, given the sum of all embeddings; clears the forces and the sums over pairs.
    /// </summary>
    /// <param name="embeddings">z.</param>
    /// <param name="batch">The step's memory.</param>
    void Statistics(EmbeddingRows embeddings, BatchMemory batch);

    /// <summary>
    /// 2: turns a strip of the Gram matrix, in place, into A, and adds its pairs to the energy, the contact sums and the radius
    /// gradients. Forces between centroids too close for A C to resolve are applied at once, and are not in A.
    /// </summary>
    /// <param name="strip">Which pairs these are; images are counted over all processes.</param>
    /// <param name="pairs">c_i . c_j, not transposed; becomes A_ij.</param>
    /// <param name="forces">Whether A and the gradients are wanted, or the energy alone.</param>
    /// <param name="batch">The step's memory.</param>
    /// <returns>False when A is known to be zero everywhere, so that its products need not be formed.</returns>
    bool Interactions(PairStrip strip, Matrix pairs, bool forces, BatchMemory batch);

    /// <summary>2b: the loss of the energy of all pairs and of all radii, and its slope.</summary>
    /// <param name="batch">The step's memory, with what all processes have measured.</param>
    /// <param name="loss">Receives L.</param>
    /// <param name="slope">Receives dL/dE.</param>
    void LossOfEnergy(BatchMemory batch, float* loss, double* slope);

    /// <summary>3a: h, the gradient of the energy with respect to the centred embeddings, and its sum over the batch.</summary>
    /// <param name="embeddings">z.</param>
    /// <param name="batch">The step's memory.</param>
    /// <param name="projected">Receives h, [V, B, D], contiguous.</param>
    /// <param name="sums">Receives the sum of h over the batch, [D].</param>
    void Gradient(EmbeddingRows embeddings, BatchMemory batch, float* projected, double* sums);

    /// <summary>3b: (h - mean of h) * slope * upstream.</summary>
    /// <param name="shape">V, B and D.</param>
    /// <param name="projected">h, [V, B, D], contiguous.</param>
    /// <param name="sums">The sum of h over the batch, [D].</param>
    /// <param name="slope">dL/dE.</param>
    /// <param name="upstream">The gradient of what is back-propagated with respect to L; 1 when null.</param>
    /// <param name="element">The type of the result.</param>
    /// <param name="result">Receives the gradient, contiguous; may be <paramref name="projected"/> itself.</param>
    void Centre(
        BatchShape shape, float* projected, double* sums, double* slope, float* upstream, ElementType element, void* result);
}
