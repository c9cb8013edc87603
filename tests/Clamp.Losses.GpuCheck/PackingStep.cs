using Clamp.Losses.Packing;
using Clamp.Losses.Packing.Cuda;

namespace Clamp.Losses.GpuCheck;

/// <summary>
/// Loss and gradient of one batch on a GPU: the library's kernels, launched in the order and the shapes that the library launches them,
/// on memory of the driver's instead of tensors.
/// </summary>
internal sealed class PackingStep
{
    private readonly Gpu _gpu;
    private readonly DeviceArena _arena;
    private readonly EmbeddingBatch _batch;
    private readonly PairPotential _potential;
    private readonly bool _logEnergy;
    private readonly (int Rows, int Columns) _strip;
    private readonly int _chunks;
    private readonly int _padded;
    private readonly ElementKernels _kernels;
    private readonly Matrix _centroids;
    private readonly Matrix _forces;
    private readonly long _pairs;
    private readonly long _upstream;
    private readonly long _partialSums;
    private readonly long _embeddingSums;
    private readonly long _exactMean;
    private readonly long _mean;
    private readonly long _inverseNorms;
    private readonly long _exactInverseNorms;
    private readonly long _delicate;
    private readonly long _squaredNorms;
    private readonly long _radii;
    private readonly long _contactSums;
    private readonly long _radiusGradients;
    private readonly long _energy;
    private readonly long _rowSums;
    private readonly long _columnSums;
    private readonly long _tileEnergies;
    private readonly long _closeTiles;
    private readonly long _slope;
    private readonly long _along;
    private readonly long _exactCentroids;
    private readonly long _projected;
    private readonly long _projectedSums;

    /// <summary>Takes the memory of a step.</summary>
    /// <param name="gpu">Where.</param>
    /// <param name="arena">Its memory.</param>
    /// <param name="batch">The embeddings.</param>
    /// <param name="options">The loss.</param>
    /// <param name="upstream">The gradient of what is back-propagated with respect to the loss.</param>
    /// <param name="strip">How many rows and columns a strip of pairs has at most; null for what the library takes.</param>
    /// <exception cref="InsufficientMemoryException">The device has less.</exception>
    public PackingStep(
        Gpu gpu, DeviceArena arena, EmbeddingBatch batch, ClampLossOptions options, float upstream, (int Rows, int Columns)? strip = null)
    {
        (_gpu, _arena, _batch) = (gpu, arena, batch);
        (_potential, _logEnergy, _strip) = (PairPotential.Of(options), options.LogEnergy, strip ?? (2048, 8192));
        _kernels = gpu.Kernels.Elements(batch.Element);
        _chunks = Math.Min(batch.Images, 1024);
        _padded = 4 * Blocks(batch.Width, 4);
        var (images, width) = (batch.Images, batch.Width);
        var (rows, columns) = (Math.Min(images, _strip.Rows), Math.Min(images, _strip.Columns));
        _centroids = new Matrix(Floats((long)images * width), images, width, width);
        _forces = new Matrix(Floats((long)images * width), images, width, width);
        _pairs = Floats((long)rows * columns);
        _upstream = arena.Allocate(BitConverter.GetBytes(upstream));
        _partialSums = Doubles((long)_chunks * width);
        _embeddingSums = Doubles(width);
        _exactMean = Doubles(width);
        _mean = Floats(2L * _padded);
        _inverseNorms = Floats((long)images * batch.Views);
        _exactInverseNorms = Doubles((long)images * batch.Views);
        _delicate = arena.Allocate(images);
        _squaredNorms = Floats(images);
        _radii = Floats(images);
        _contactSums = Doubles(2L * images + 1);
        _radiusGradients = _contactSums + sizeof(double) * (long)images;
        _energy = _radiusGradients + sizeof(double) * (long)images;
        _rowSums = Floats(2L * Blocks(columns, 128) * rows);
        _columnSums = Floats(2L * Blocks(rows, 64) * columns);
        _tileEnergies = Doubles((long)Blocks(rows, 64) * Blocks(columns, 128));
        _closeTiles = arena.Allocate((long)Blocks(rows, 64) * Blocks(columns, 128));
        _slope = Doubles(1);
        _along = Doubles((long)images * batch.Views);
        _exactCentroids = Doubles((long)_chunks * width);
        _projected = Floats(batch.Count);
        _projectedSums = Doubles(width);
        Loss = Floats(1);
        Gradient = batch.Element == TorchSharp.torch.ScalarType.Float32
            ? _projected
            : arena.Allocate(batch.Count * ElementEncoding.SizeOf(batch.Element));
    }

    /// <summary>The address of the loss, float32.</summary>
    public long Loss { get; }

    /// <summary>The address of the gradient, contiguous and of the embeddings' type.</summary>
    public long Gradient { get; }

    /// <summary>How many entries the blocks of pairs have together: some pairs come from both sides.</summary>
    public long PairEntries => Strips().Sum(strip => (long)strip.Rows * strip.Columns);

    private int Threads => _batch.Views <= 4 ? 128 : 256;

    /// <summary>Queues the step.</summary>
    /// <param name="finished">Is told when all launches of a stage are queued, several times for stages that alternate.</param>
    public void Run(Action<Stage> finished)
    {
        Statistics();
        finished(Stage.Statistics);
        _gpu.Driver.Clear(_contactSums, sizeof(double) * (2L * _batch.Images + 1));
        foreach (var strip in Strips())
        {
            Interact(strip, finished);
        }

        _gpu.Kernels.Launch(
            _gpu.Kernels.Pairs.LossOfEnergy, (1, 1), (256, 1),
            _energy, _radii, _batch.Images, _potential.RepulsionWeight, _potential.SizeWeight, _logEnergy ? 1 : 0, Loss, _slope);
        finished(Stage.Interactions);
        ProjectAndCentre();
        finished(Stage.Gradient);
    }

    private static int Blocks(int count, int each) => (count + each - 1) / each;

    private long Floats(long count) => _arena.Allocate(sizeof(float) * count);

    private long Doubles(long count) => _arena.Allocate(sizeof(double) * count);

    private void Statistics()
    {
        _gpu.Kernels.Launch(
            _kernels.SumEmbeddings, (Blocks(_batch.Width, 128), _chunks), (32, 8),
            _batch.Address, _batch.ViewStride, _batch.ImageStride, _batch.Views, _batch.Images, _batch.Width, _partialSums);
        AddPartialSums(_embeddingSums);
        _gpu.Kernels.Launch(
            _kernels.SplitMean, (Blocks(_padded, 256), 1), (256, 1),
            _embeddingSums, (long)_batch.Views * _batch.Images, _batch.Width, _exactMean, _mean);
        _gpu.Kernels.Launch(
            _kernels.MeasureImages, (_batch.Images, 1), (Threads, 1),
            _batch.Address, _batch.ViewStride, _batch.ImageStride, _batch.Views, _batch.Images, _batch.Width,
            _exactMean, _mean, _potential.RadiusScale,
            _inverseNorms, _exactInverseNorms, _delicate, _centroids.Address, _forces.Address, _squaredNorms, _radii);
    }

    private void AddPartialSums(long sums) => _gpu.Kernels.Launch(
        _kernels.AddPartialSums, (Blocks(_batch.Width, 16), 1), (16, 16), _partialSums, _chunks, _batch.Width, sums);

    /// <summary>The upper triangle of the pair matrix, as rows against columns; a strip on the diagonal begins with its square.</summary>
    private IEnumerable<PairBlock> Strips()
    {
        for (int row = 0; row < _batch.Images; row += _strip.Rows)
        {
            for (int column = row; column < _batch.Images; column += _strip.Columns)
            {
                var rows = Math.Min(_strip.Rows, _batch.Images - row);
                var columns = Math.Min(_strip.Columns, _batch.Images - column);
                yield return new PairBlock(row, rows, column, columns, Mirrored: column != row);
            }
        }
    }

    private void Interact(PairBlock strip, Action<Stage> finished)
    {
        var pairs = new Matrix(_pairs, strip.Rows, strip.Columns, strip.Columns);
        var rows = _centroids.RowsFrom(strip.Row, strip.Rows);
        var columns = _centroids.RowsFrom(strip.Column, strip.Columns);
        _gpu.Product.Multiply(rows, columns.Transposed, pairs, accumulate: false);
        finished(Stage.Products);

        var square = strip.Mirrored ? 0 : strip.Rows;
        var beside = strip with { Column = strip.Column + square, Columns = strip.Columns - square, Mirrored = true };
        var pairsBeside = pairs.ColumnsFrom(square, beside.Columns);
        if (square > 0)
        {
            Interact(pairs, strip with { Columns = square });
        }

        if (beside.Columns > 0)
        {
            Interact(pairsBeside, beside);
        }

        finished(Stage.Interactions);
        _gpu.Product.Multiply(pairs, columns, _forces.RowsFrom(strip.Row, strip.Rows), accumulate: true);
        if (beside.Columns > 0)
        {
            _gpu.Product.Multiply(pairsBeside.Transposed, rows, _forces.RowsFrom(beside.Column, beside.Columns), accumulate: true);
        }

        finished(Stage.Products);
    }

    private void Interact(Matrix pairs, PairBlock block)
    {
        var mirrored = block.Mirrored ? 1 : 0;
        _gpu.Kernels.Launch(
            _gpu.Kernels.Pairs.InteractPairs, (Blocks(block.Columns, 128), Blocks(block.Rows, 64)), (256, 1),
            pairs.Address, (long)pairs.Stride, block.Row, block.Rows, block.Column, block.Columns, mirrored, 1,
            _centroids.Address, _batch.Width, _squaredNorms, _radii,
            (float)(_potential.Exponent * _potential.RepulsionWeight), (float)(_potential.Exponent - 1),
            (float)(_potential.MinSeparation * _potential.MinSeparation), (float)_potential.MaxContactDistance,
            _rowSums, _columnSums, _tileEnergies, _closeTiles);
        if (block.Mirrored)
        {
            ApplyCloseForces(block.Columns, 1, pairs, block);
        }

        ApplyCloseForces(block.Rows, 0, pairs, block);
        _gpu.Kernels.Launch(
            _gpu.Kernels.Pairs.AddPairSums, (Blocks(block.Rows + mirrored * block.Columns, 256) + 1, 1), (256, 1),
            _rowSums, _columnSums, _tileEnergies, block.Row, block.Rows, block.Column, block.Columns, mirrored,
            _contactSums, _radiusGradients, _energy);
    }

    private void ApplyCloseForces(int images, int ofColumns, Matrix pairs, PairBlock block) => _gpu.Kernels.Launch(
        _gpu.Kernels.Pairs.CloseForces, (Blocks(images, 8), 1), (256, 1),
        pairs.Address, (long)pairs.Stride, block.Row, block.Rows, block.Column, block.Columns, ofColumns,
        _centroids.Address, _batch.Width, _forces.Address, _closeTiles);

    private void ProjectAndCentre()
    {
        var rows = (long)_batch.Views * _batch.Images;
        _gpu.Kernels.Launch(
            _kernels.ProjectGradient, (_chunks, 1), (Threads, 1),
            _batch.Address, _batch.ViewStride, _batch.ImageStride, _batch.Views, _batch.Images, _batch.Width,
            _exactMean, _mean, _centroids.Address, _forces.Address, _contactSums, _radiusGradients, _radii,
            _inverseNorms, _exactInverseNorms, _delicate, _potential.RadiusScale, _potential.SizeWeight,
            _along, _exactCentroids, _projected, _partialSums);
        AddPartialSums(_projectedSums);
        _gpu.Kernels.Launch(
            _kernels.CentreGradient, (Blocks(_batch.Width, 128), Math.Min((rows + 31) / 32, 65535)), (32, 8),
            _projected, _projectedSums, rows, rows, _batch.Width, _slope, _upstream, Gradient);
    }
}
