using static TorchSharp.torch;

namespace Clamp.Losses.Packing.Cuda;

/// <summary>The three kernels on a GPU: what is launched, with how many blocks and threads. Nothing waits for the GPU.</summary>
/// <param name="gpu">The GPU with its kernels; not disposed.</param>
/// <param name="device">What libtorch calls it.</param>
internal sealed class CudaPackingKernels(CudaDevice gpu, Device device) : IPackingKernels
{
    private const int MostChunks = 1024;
    private const int TileRows = 64;
    private const int TileColumns = 128;
    private const int WarpsPerBlock = 8;
    private const int MostBlocksDown = 65535;

    private readonly DeviceScratch _partialSums = new(ScalarType.Float64, device);
    private readonly DeviceScratch _exactMean = new(ScalarType.Float64, device);
    private readonly DeviceScratch _mean = new(ScalarType.Float32, device);
    private readonly DeviceScratch _exactInverseNorms = new(ScalarType.Float64, device);
    private readonly DeviceScratch _along = new(ScalarType.Float64, device);
    private readonly DeviceScratch _exactCentroids = new(ScalarType.Float64, device);
    private readonly DeviceScratch _rowSums = new(ScalarType.Float32, device);
    private readonly DeviceScratch _columnSums = new(ScalarType.Float32, device);
    private readonly DeviceScratch _tileEnergies = new(ScalarType.Float64, device);
    private readonly DeviceScratch _closeTiles = new(ScalarType.Byte, device);

    /// <inheritdoc/>
    public void SumEmbeddings(Tensor embeddings, PackingBuffers buffers)
    {
        var (views, images, width) = SizesOf(embeddings);
        var chunks = ChunksOf(images);
        gpu.Launch(
            gpu.Elements(embeddings.dtype).SumEmbeddings, (Blocks(width, 128), chunks), (32, 8),
            embeddings, embeddings.stride(0), embeddings.stride(1), views, images, width, _partialSums.Rent((long)chunks * width));
        AddPartialSums(embeddings.dtype, chunks, width, buffers.EmbeddingSums);
    }

    /// <inheritdoc/>
    public void Statistics(Tensor embeddings, long count, double radiusScale, PackingBuffers buffers)
    {
        var (views, images, width) = SizesOf(embeddings);
        var kernels = gpu.Elements(embeddings.dtype);
        var padded = 4 * Blocks(width, 4);
        gpu.Launch(
            kernels.SplitMean, (Blocks(padded, 256), 1), (256, 1),
            buffers.EmbeddingSums, count, width, _exactMean.Rent(width), _mean.Rent(2 * padded));
        gpu.Launch(
            kernels.MeasureImages, (images, 1), (ThreadsPerImage(views), 1),
            embeddings, embeddings.stride(0), embeddings.stride(1), views, images, width,
            _exactMean.Rent(width), _mean.Rent(2 * padded), radiusScale,
            buffers.InverseNorms, _exactInverseNorms.Rent((long)images * views), buffers.Delicate,
            buffers.Centroids, buffers.CentroidForces, buffers.SquaredNorms, buffers.Radii);
    }

    /// <inheritdoc/>
    /// <returns>True: whether A is zero everywhere stays on the GPU.</returns>
    public bool Interactions(Tensor gram, PairBlock block, PairPotential potential, bool forces, PackingBuffers buffers)
    {
        var (down, across) = (Blocks(block.Rows, TileRows), Blocks(block.Columns, TileColumns));
        var rowSums = _rowSums.Rent(2 * across * block.Rows);
        var columnSums = _columnSums.Rent(2 * down * block.Columns);
        var tileEnergies = _tileEnergies.Rent(down * across);
        var closeTiles = _closeTiles.Rent(down * across);
        var mirrored = block.Mirrored ? 1 : 0;
        gpu.Launch(
            gpu.Pairs.InteractPairs, (across, down), (256, 1),
            gram, gram.stride(0), block.Row, block.Rows, block.Column, block.Columns, mirrored, forces ? 1 : 0,
            buffers.Centroids, WidthOf(buffers), buffers.SquaredNorms, buffers.Radii,
            (float)(potential.Exponent * potential.RepulsionWeight), (float)(potential.Exponent - 1),
            (float)(potential.MinSeparation * potential.MinSeparation), (float)potential.MaxContactDistance,
            rowSums, columnSums, tileEnergies, closeTiles);
        if (forces)
        {
            ApplyCloseForces(gram, block, closeTiles, buffers);
        }

        gpu.Launch(
            gpu.Pairs.AddPairSums, (Blocks(block.Rows + (long)mirrored * block.Columns, 256) + 1, 1), (256, 1),
            rowSums, columnSums, tileEnergies, block.Row, block.Rows, block.Column, block.Columns, mirrored,
            buffers.ContactSums, buffers.RadiusGradients, buffers.Energy);
        return true;
    }

    /// <inheritdoc/>
    public void LossOfEnergy(PairPotential potential, bool logEnergy, PackingBuffers buffers, Tensor loss, Tensor slope) => gpu.Launch(
        gpu.Pairs.LossOfEnergy, (1, 1), (256, 1),
        buffers.Energy, buffers.Radii, ImagesOf(buffers), potential.RepulsionWeight, potential.SizeWeight, logEnergy ? 1 : 0, loss, slope);

    /// <inheritdoc/>
    public void Gradient(Tensor embeddings, PairPotential potential, PackingBuffers buffers, Tensor projected, Tensor sums)
    {
        var (views, images, width) = SizesOf(embeddings);
        var chunks = ChunksOf(images);
        gpu.Launch(
            gpu.Elements(embeddings.dtype).ProjectGradient, (chunks, 1), (ThreadsPerImage(views), 1),
            embeddings, embeddings.stride(0), embeddings.stride(1), views, images, width,
            _exactMean.Rent(width), _mean.Rent(8 * Blocks(width, 4)),
            buffers.Centroids, buffers.CentroidForces, buffers.ContactSums, buffers.RadiusGradients, buffers.Radii,
            buffers.InverseNorms, _exactInverseNorms.Rent((long)images * views), buffers.Delicate,
            potential.RadiusScale, potential.SizeWeight,
            _along.Rent((long)images * views), _exactCentroids.Rent((long)chunks * width),
            projected, _partialSums.Rent((long)chunks * width));
        AddPartialSums(embeddings.dtype, chunks, width, sums);
    }

    /// <inheritdoc/>
    public void Centre(Tensor projected, Tensor sums, long count, Tensor slope, Tensor? upstream, Tensor result)
    {
        var (rows, width) = (projected.size(0) * projected.size(1), checked((int)projected.size(2)));
        gpu.Launch(
            gpu.Elements(result.dtype).CentreGradient, (Blocks(width, 128), Math.Min(Blocks(rows, 32), MostBlocksDown)), (32, 8),
            projected, sums, count, rows, width, slope, upstream, result);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        DeviceScratch[] all =
        [
            _partialSums, _exactMean, _mean, _exactInverseNorms, _along, _exactCentroids, _rowSums, _columnSums, _tileEnergies, _closeTiles,
        ];
        Array.ForEach(all, scratch => scratch.Dispose());
    }

    private static long Blocks(long count, int each) => (count + each - 1) / each;

    private static int ChunksOf(int images) => Math.Min(images, MostChunks);

    private static int ThreadsPerImage(int views) => views <= 4 ? 128 : 256;

    private static int WidthOf(PackingBuffers buffers) => checked((int)buffers.Shape.Width);

    private static int ImagesOf(PackingBuffers buffers) => checked((int)buffers.Shape.Images);

    private static (int Views, int Images, int Width) SizesOf(Tensor embeddings) =>
        checked(((int)embeddings.size(0), (int)embeddings.size(1), (int)embeddings.size(2)));

    private void AddPartialSums(ScalarType element, int chunks, int width, Tensor sums) => gpu.Launch(
        gpu.Elements(element).AddPartialSums, (Blocks(width, 16), 1), (16, 16),
        _partialSums.Rent((long)chunks * width), chunks, width, sums);

    private void ApplyCloseForces(Tensor gram, PairBlock block, Tensor closeTiles, PackingBuffers buffers)
    {
        if (block.Mirrored)
        {
            Apply(block.Columns, ofColumns: 1);
        }

        // Clears the close pairs, and therefore comes last.
        Apply(block.Rows, ofColumns: 0);

        void Apply(int images, int ofColumns) => gpu.Launch(
            gpu.Pairs.CloseForces, (Blocks(images, WarpsPerBlock), 1), (256, 1),
            gram, gram.stride(0), block.Row, block.Rows, block.Column, block.Columns, ofColumns,
            buffers.Centroids, WidthOf(buffers), buffers.CentroidForces, closeTiles);
    }
}
