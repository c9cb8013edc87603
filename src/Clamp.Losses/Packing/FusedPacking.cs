namespace Clamp.Losses.Packing;

/// <summary>
/// The loss and its gradient in one pass, in memory O(B D): kernel 1, then strip by strip of the pair matrix a product C C^T, kernel 2
/// and products A C, then kernel 3. Processes that share a batch each do their own rows of it and tell each other what
/// <see cref="GroupExchange"/> holds.
/// </summary>
internal static unsafe class FusedPacking
{
    /// <summary>The loss and dL/dE; what <see cref="IPackingKernels.Gradient"/> needs stays in the step's memory.</summary>
    /// <param name="kernels">Who does the work.</param>
    /// <param name="embeddings">z.</param>
    /// <param name="batch">The step's memory.</param>
    /// <param name="exchange">What processes that share the batch tell each other; null for one process.</param>
    /// <param name="forces">Whether a gradient is wanted.</param>
    /// <param name="loss">Receives L.</param>
    /// <param name="slope">Receives dL/dE.</param>
    public static void Loss(
        IPackingKernels kernels,
        EmbeddingRows embeddings,
        BatchMemory batch,
        GroupExchange? exchange,
        bool forces,
        float* loss,
        double* slope)
    {
        var amongAll = Pack(kernels, embeddings, batch, exchange, forces);
        exchange?.AddEnergies();
        kernels.LossOfEnergy(amongAll, loss, slope);
    }

    /// <summary>All that comes before the loss: statistics, energies, and the forces on centroids.</summary>
    /// <param name="kernels">Who does the work.</param>
    /// <param name="embeddings">z.</param>
    /// <param name="batch">The step's memory.</param>
    /// <param name="exchange">What processes that share the batch tell each other; null for one process.</param>
    /// <param name="forces">Whether a gradient is wanted.</param>
    /// <param name="inspect">Reads each strip of the Gram matrix of centroids before it becomes A.</param>
    /// <returns>The step's memory, with the statistics of all processes' images.</returns>
    public static BatchMemory Pack(
        IPackingKernels kernels,
        EmbeddingRows embeddings,
        BatchMemory batch,
        GroupExchange? exchange,
        bool forces,
        Action<PairStrip, Matrix, BatchMemory>? inspect = null)
    {
        kernels.SumEmbeddings(embeddings, batch);
        exchange?.AddEmbeddings();
        kernels.Statistics(embeddings, batch);
        var amongAll = exchange?.Gather(batch) ?? batch;
        Interact(kernels, amongAll, forces, inspect);
        return amongAll;
    }

    /// <summary>All pairs of this process's images, strip by strip.</summary>
    /// <param name="kernels">Who does the work.</param>
    /// <param name="batch">The step's memory, with statistics.</param>
    /// <param name="forces">Whether a gradient is wanted.</param>
    /// <param name="inspect">Reads each strip of the Gram matrix of centroids before it becomes A.</param>
    public static void Interact(
        IPackingKernels kernels, BatchMemory batch, bool forces, Action<PairStrip, Matrix, BatchMemory>? inspect = null)
    {
        foreach (var strip in PairStrip.Cut(batch.Shape, kernels.LargestStrip(batch.Shape.Images)))
        {
            Interact(kernels, strip, batch, forces, inspect);
        }
    }

    private static void Interact(
        IPackingKernels kernels, PairStrip strip, BatchMemory batch, bool forces, Action<PairStrip, Matrix, BatchMemory>? inspect)
    {
        var rows = batch.CentroidMatrix.RowsFrom(strip.Row, strip.Rows);
        var columns = batch.CentroidMatrix.RowsFrom(strip.Column, strip.Columns);
        var pairs = new Matrix(batch.Pairs, strip.Rows, strip.Columns, strip.Columns);
        var product = kernels.ProductOf(batch);
        product.Multiply(rows, columns.Transposed, pairs, accumulate: false);
        inspect?.Invoke(strip, pairs, batch);
        var anyContact = kernels.Interactions(strip, pairs, forces, batch);
        if (!forces || !anyContact)
        {
            return;
        }

        product.Multiply(pairs, columns, batch.ForceMatrix.RowsFrom(strip.Row, strip.Rows), accumulate: true);
        var mirrored = strip.Columns - strip.Unmirrored;
        if (mirrored > 0)
        {
            var mirroredPairs = pairs.ColumnsFrom(strip.Unmirrored, mirrored);
            var mirroredForces = batch.ForceMatrix.RowsFrom(strip.Column + strip.Unmirrored, mirrored);
            product.Multiply(mirroredPairs.Transposed, rows, mirroredForces, accumulate: true);
        }
    }
}
