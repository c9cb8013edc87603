using static Clamp.Losses.Packing.Cuda.KernelConstants;

namespace Clamp.Losses.Packing.Cuda;

/// <summary>The three kernels on a GPU: what is launched, with how many blocks and threads. Nothing waits for the GPU.</summary>
/// <param name="gpu">The GPU with its kernels.</param>
/// <param name="product">Its matrix products.</param>
/// <param name="options">Valid options.</param>
/// <param name="largestStrip">How many rows and columns a strip of pairs has at most; what suits a GPU when null.</param>
/// <param name="leastSplitImages">From how many images on products may be split.</param>
internal sealed unsafe class CudaPackingKernels(
    CudaDevice gpu,
    IMatrixProduct product,
    ClampLossOptions options,
    (int Rows, int Columns)? largestStrip = null,
    int leastSplitImages = SplitProduct.LeastImages) : IPackingKernels
{
    // Blocks that sum, each into numbers of its own: what runs at once.
    private int MostChunks => 4 * gpu.Multiprocessors;

    // Fewer tiles than this leave multiprocessors idle.
    private int FewTiles => 2 * gpu.Multiprocessors;

    /// <inheritdoc/>
    public int Workers => 1;

    /// <inheritdoc/>
    public IMatrixProduct ProductOf(BatchMemory batch) =>
        product is CublasProduct cublas && ScratchOf(batch) is { LeftParts: not null } scratch
            ? new SplitProduct(gpu, cublas, scratch.LeftParts, scratch.RightParts)
            : product;

    /// <inheritdoc/>
    // A launch costs more than the pairs of a small batch: one square up to 2048 images, and strips of 64 MB at most.
    public (int Rows, int Columns) LargestStrip(int images) => largestStrip ?? (2048, 8192);

    /// <inheritdoc/>
    public long ScratchBytes(BatchShape shape, int workers) => ScratchOf(null, shape).Bytes;

    /// <inheritdoc/>
    public void SumEmbeddings(EmbeddingRows embeddings, BatchMemory batch)
    {
        var (scratch, across) = (ScratchOf(batch), Blocks(embeddings.Width, WarpNumbers));
        var chunks = (int)Math.Clamp(MostChunks / across, 1, embeddings.Images);
        gpu.Launch(
            gpu.Elements(embeddings.Element).SumEmbeddings, (across, chunks), (WarpSize, BlockWarps),
            embeddings.Data, embeddings.ViewStride, embeddings.ImageStride, embeddings.Views, embeddings.Images, embeddings.Width,
            scratch.PartialSums);
        AddPartialSums(embeddings.Element, scratch.PartialSums, chunks, batch, batch.EmbeddingSums, embeddings.Shape.Rows);
    }

    /// <inheritdoc/>
    public void Statistics(EmbeddingRows embeddings, BatchMemory batch)
    {
        if (batch.Shape.AllRows != batch.Shape.Rows)
        {
            // Others have added their sums, so that the mean is another.
            AddPartialSums(embeddings.Element, batch.EmbeddingSums, chunks: 1, batch, batch.EmbeddingSums, batch.Shape.AllRows);
        }

        gpu.Launch(
            gpu.Elements(embeddings.Element).MeasureImages, (embeddings.Images, 1), (ThreadsPerImage(embeddings.Views), 1),
            embeddings.Data, embeddings.ViewStride, embeddings.ImageStride, embeddings.Views, embeddings.Images, embeddings.Width,
            batch.ExactMean, batch.Mean, options.RadiusScale, batch.InverseNorms, ScratchOf(batch).ExactInverseNorms, batch.Delicate,
            batch.Centroids, batch.CentroidForces, batch.SquaredNorms, batch.Radii,
            batch.ContactSums, batch.RadiusGradients, batch.Energy);
    }

    /// <inheritdoc/>
    /// <returns>True: whether A is zero everywhere stays on the GPU.</returns>
    public bool Interactions(PairStrip strip, Matrix pairs, bool forces, BatchMemory batch)
    {
        var (unmirrored, mirrored) = (strip.Unmirrored, strip.Columns - strip.Unmirrored);
        if (unmirrored > 0)
        {
            Interact(pairs, strip with { Columns = unmirrored }, mirrored: 0, forces, batch);
        }

        if (mirrored > 0)
        {
            var block = strip with { Column = strip.Column + unmirrored, Columns = mirrored };
            Interact(pairs.ColumnsFrom(unmirrored, mirrored), block, mirrored: 1, forces, batch);
        }

        return true;
    }

    /// <inheritdoc/>
    public void LossOfEnergy(BatchMemory batch, float* loss, double* slope) => gpu.Launch(
        gpu.Pairs.LossOfEnergy, (1, 1), (BlockThreads, 1),
        batch.Energy, batch.Radii, batch.Shape.AllImages, options.RepulsionWeight, options.SizeWeight, options.LogEnergy ? 1 : 0, loss, slope);

    /// <inheritdoc/>
    public void Gradient(EmbeddingRows embeddings, BatchMemory batch, float* projected, double* sums)
    {
        var (scratch, chunks) = (ScratchOf(batch), Math.Min(embeddings.Images, MostChunks));
        gpu.Launch(
            gpu.Elements(embeddings.Element).ProjectGradient, (chunks, 1), (ThreadsPerImage(embeddings.Views), 1),
            embeddings.Data, embeddings.ViewStride, embeddings.ImageStride, embeddings.Views, embeddings.Images, embeddings.Width,
            batch.ExactMean, batch.Mean, batch.Centroids, batch.CentroidForces, batch.ContactSums, batch.RadiusGradients, batch.Radii,
            batch.InverseNorms, scratch.ExactInverseNorms, batch.Delicate, options.RadiusScale, options.SizeWeight,
            scratch.Along, scratch.ExactCentroids, projected, scratch.PartialSums);
        AddPartialSums(embeddings.Element, scratch.PartialSums, chunks, batch, sums);
    }

    /// <inheritdoc/>
    public void Centre(
        BatchShape shape, float* projected, double* sums, double* slope, float* upstream, ElementType element, void* result) =>
        gpu.Launch(
            gpu.Elements(element).CentreGradient,
            (Blocks(shape.Width, WarpNumbers), Math.Min(Blocks(shape.Rows, 4 * BlockWarps), MostBlocksDown)), (WarpSize, BlockWarps),
            projected, sums, shape.AllRows, shape.Rows, shape.Width, slope, upstream, result);

    private static long Blocks(long count, int each) => (count + each - 1) / each;

    private static int ThreadsPerImage(int views) => views <= 4 ? BlockThreads / 2 : BlockThreads;

    private bool Splits(BatchShape shape) =>
        options.SplitProducts && shape.AllImages >= leastSplitImages && gpu.ComputeCapability >= SplitProduct.LeastComputeCapability;

    private CudaScratch ScratchOf(BatchMemory batch) => ScratchOf(batch.Scratch, batch.Shape);

    private CudaScratch ScratchOf(void* start, BatchShape shape)
    {
        var largest = LargestStrip(shape.Images);
        var (rows, columns) = (Math.Min(shape.Images, largest.Rows), Math.Min(shape.AllImages, largest.Columns));
        var tiles = Math.Max(Blocks(rows, TileRows) * Blocks(columns, WarpNumbers), 2 * FewTiles);
        return new CudaScratch(start, shape, Math.Min(shape.Images, MostChunks), (rows, columns), tiles, Splits(shape));
    }

    /// <summary>How many rows a tile has: fewer than it could where there would be few tiles, though never more than twice those few.</summary>
    private int TileRowsOf(PairStrip block)
    {
        var rows = TileRows;
        while (rows > BlockWarps && Blocks(block.Rows, rows) * Blocks(block.Columns, WarpNumbers) < FewTiles)
        {
            rows /= 2;
        }

        return rows;
    }

    /// <summary>Adds up chunks; given how many embeddings they are the sum of, their mean too.</summary>
    private void AddPartialSums(ElementType element, double* partialSums, int chunks, BatchMemory batch, double* sums, long count = 0) =>
        gpu.Launch(
            gpu.Elements(element).AddPartialSums, (Blocks(batch.Shape.Width, SumBlock), 1), (SumBlock, SumBlock),
            partialSums, chunks, batch.Shape.Width, sums, count, count == 0 ? null : batch.ExactMean, batch.Mean);

    private void Interact(Matrix pairs, PairStrip block, int mirrored, bool forces, BatchMemory batch)
    {
        var (scratch, tileRows) = (ScratchOf(batch), TileRowsOf(block));
        gpu.Launch(
            gpu.Pairs.InteractPairs, (Blocks(block.Columns, WarpNumbers), Blocks(block.Rows, tileRows)), (BlockThreads, 1),
            pairs.Data, (long)pairs.Stride, block.Row, block.Rows, block.Column, block.Columns, tileRows, mirrored, forces ? 1 : 0,
            batch.Centroids, batch.Shape.Width, batch.SquaredNorms, batch.Radii,
            (float)(options.PotentialExponent * options.RepulsionWeight), (float)(options.PotentialExponent - 1),
            (float)(options.MinSeparation * options.MinSeparation), (float)options.MaxContactDistance,
            scratch.RowSums, scratch.ColumnSums, scratch.TileEnergies, scratch.CloseTiles);

        // Those of rows clear the close pairs, and therefore come last.
        for (int ofColumns = mirrored; forces && ofColumns >= 0; ofColumns--)
        {
            gpu.Launch(
                gpu.Pairs.CloseForces, (Blocks(ofColumns == 1 ? block.Columns : block.Rows, BlockWarps), 1), (BlockThreads, 1),
                pairs.Data, (long)pairs.Stride, block.Row, block.Rows, block.Column, block.Columns, tileRows, ofColumns,
                batch.Centroids, batch.Shape.Width, batch.CentroidForces, scratch.CloseTiles);
        }

        gpu.Launch(
            gpu.Pairs.AddPairSums, (Blocks(block.Rows + (long)mirrored * block.Columns, BlockThreads) + 1, 1), (BlockThreads, 1),
            scratch.RowSums, scratch.ColumnSums, scratch.TileEnergies, block.Row, block.Rows, block.Column, block.Columns,
            tileRows, mirrored, batch.ContactSums, batch.RadiusGradients, batch.Energy);
    }
}
