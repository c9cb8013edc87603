using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace Clamp.Losses.Packing.Cpu;

/// <summary>The three kernels for the CPU, in the widest lanes the machine has.</summary>
internal static class CpuPackingKernels
{
    /// <summary>Kernels for one caller at a time.</summary>
    public static IPackingKernels Create() =>
        Vector512.IsHardwareAccelerated ? new CpuPackingKernels<Lanes512>()
        : Vector256.IsHardwareAccelerated ? new CpuPackingKernels<Lanes256>()
        : Vector128.IsHardwareAccelerated ? new CpuPackingKernels<Lanes128>()
        : new CpuPackingKernels<Lanes1>();
}

/// <summary>The three kernels for the CPU: chunks of images or rows side by side on a <see cref="ThreadTeam"/>.</summary>
/// <typeparam name="TLanes">The lanes of their loops.</typeparam>
internal sealed unsafe class CpuPackingKernels<TLanes> : IPackingKernels
    where TLanes : unmanaged, ILanes<TLanes>
{
    // A thread is worth starting for some ten microseconds of work.
    private const long LeastNumbers = 1 << 15;
    private const long LeastPairs = 1 << 12;

    private readonly Scratch _mean = new();
    private readonly Scratch _sums = new();
    private readonly Scratch _perChunk = new();
    private readonly Scratch _totals = new();
    private PackingBuffers? _known;
    private BatchMemory _memory;

    /// <inheritdoc/>
    public void SumEmbeddings(Tensor embeddings, PackingBuffers buffers)
    {
        var rows = new EmbeddingRows(embeddings);
        var chunks = ThreadTeam.Chunks(rows.Numbers, LeastNumbers);
        var sums = _sums.Rent<double>((long)chunks * rows.Width);
        ThreadTeam.Run(new EmbeddingStatistics.SumWork<TLanes>(rows, sums), chunks);
        AddUp(sums, chunks, rows.Width, MemoryOf(buffers).EmbeddingSums);
    }

    /// <inheritdoc/>
    public void Statistics(Tensor embeddings, long count, double radiusScale, PackingBuffers buffers)
    {
        var rows = new EmbeddingRows(embeddings);
        var memory = MemoryOf(buffers);
        memory.Mean.Set(memory.EmbeddingSums, count);
        var chunks = ThreadTeam.Chunks(rows.Numbers, LeastNumbers);
        var scratch = _perChunk.Rent<float>(chunks * ImageScratch.Numbers(rows));
        ThreadTeam.Run(new EmbeddingStatistics.MeasureWork<TLanes>(rows, memory, radiusScale, scratch), chunks);
    }

    /// <inheritdoc/>
    public bool Interactions(Tensor gram, PairBlock block, PairPotential potential, bool forces, PackingBuffers buffers)
    {
        var chunks = ThreadTeam.Chunks((long)block.Rows * block.Columns, LeastPairs);
        var pairs = new PairInteractions.Pairs
        {
            Gram = (float*)TensorMemory.Of(gram),
            GramStride = (nint)gram.stride(0),
            Block = block,
            Batch = MemoryOf(buffers),
            Width = (int)buffers.Shape.Width,
            Strength = (float)(potential.Exponent * potential.RepulsionWeight),
            LeastSquaredDistance = (float)(potential.MinSeparation * potential.MinSeparation),
            LargestReach = (float)potential.MaxContactDistance,
            ColumnSums = _perChunk.Rent<float>(chunks * 2L * block.Columns),
            Totals = _totals.Rent<PairInteractions.ChunkTotals>(chunks),
        };
        RunRows(pairs, potential.Exponent, chunks);
        var totals = AddUp(pairs, chunks);
        if (forces && totals.AnyClose)
        {
            ApplyCloseForces(pairs);
        }

        return totals.AnyContact;
    }

    /// <inheritdoc/>
    public void LossOfEnergy(PairPotential potential, bool logEnergy, PackingBuffers buffers, Tensor loss, Tensor slope)
    {
        var memory = MemoryOf(buffers);
        var energy = potential.RepulsionWeight * *memory.Energy;
        for (int image = 0; potential.SizeWeight != 0 && image < buffers.Shape.Images; image++)
        {
            energy += potential.SizeWeight * memory.Radii[image];
        }

        *(float*)TensorMemory.Of(loss) = (float)(logEnergy ? Math.Log(energy + Floors.Energy) : energy);
        *(double*)TensorMemory.Of(slope) = logEnergy ? 1 / (energy + Floors.Energy) : 1;
    }

    /// <inheritdoc/>
    public void Gradient(Tensor embeddings, PairPotential potential, PackingBuffers buffers, Tensor projected, Tensor sums)
    {
        var rows = new EmbeddingRows(embeddings);
        var chunks = ThreadTeam.Chunks(rows.Numbers, LeastNumbers);
        var perChunk = _sums.Rent<double>((long)chunks * rows.Width);
        var scratch = _perChunk.Rent<float>(chunks * ImageScratch.Numbers(rows));
        var work = new EmbeddingGradient.ProjectWork<TLanes>(
            rows, MemoryOf(buffers), potential, new EmbeddingRows(projected), perChunk, scratch);
        ThreadTeam.Run(work, chunks);
        AddUp(perChunk, chunks, rows.Width, (double*)TensorMemory.Of(sums));
    }

    /// <inheritdoc/>
    public void Centre(Tensor projected, Tensor sums, long count, Tensor slope, Tensor? upstream, Tensor result)
    {
        var (rows, width) = (projected.size(0) * projected.size(1), (int)projected.size(2));
        var mean = _perChunk.Rent<float>(width);
        var sum = (double*)TensorMemory.Of(sums);
        for (int d = 0; d < width; d++)
        {
            mean[d] = (float)(sum[d] / count);
        }

        var scale = *(double*)TensorMemory.Of(slope) * (upstream is null ? 1 : *(float*)TensorMemory.Of(upstream));
        var work = new EmbeddingGradient.CentreWork<TLanes>(
            (float*)TensorMemory.Of(projected), mean, (float)scale, rows, width, (float*)TensorMemory.Of(result));
        ThreadTeam.Run(work, ThreadTeam.Chunks(rows * width, LeastNumbers));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _mean.Dispose();
        _sums.Dispose();
        _perChunk.Dispose();
        _totals.Dispose();
    }

    private static void RunRows(PairInteractions.Pairs pairs, double exponent, int chunks)
    {
        if (exponent == 2)
        {
            ThreadTeam.Run(new PairInteractions.RowWork<TLanes, PairInteractions.Harmonic>(pairs, default), chunks);
        }
        else
        {
            var power = new PairInteractions.AnyPower((float)(exponent - 1));
            ThreadTeam.Run(new PairInteractions.RowWork<TLanes, PairInteractions.AnyPower>(pairs, power), chunks);
        }
    }

    private static PairInteractions.ChunkTotals AddUp(PairInteractions.Pairs pairs, int chunks)
    {
        var (block, total) = (pairs.Block, default(PairInteractions.ChunkTotals));
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            total.Energy += pairs.Totals[chunk].Energy;
            total.AnyContact |= pairs.Totals[chunk].AnyContact;
            total.AnyClose |= pairs.Totals[chunk].AnyClose;
            for (int column = 0; block.Mirrored && column < block.Columns; column++)
            {
                var sums = pairs.ColumnSums + (nint)chunk * 2 * block.Columns + column;
                pairs.Batch.ContactSums[block.Column + column] += sums[0];
                pairs.Batch.RadiusGradients[block.Column + column] += sums[block.Columns];
            }
        }

        *pairs.Batch.Energy += block.Mirrored ? total.Energy : total.Energy / 2;
        return total;
    }

    private static void ApplyCloseForces(PairInteractions.Pairs pairs)
    {
        var block = pairs.Block;
        ThreadTeam.Run(
            new PairInteractions.CloseForceWork<TLanes>(pairs), ThreadTeam.Chunks((long)block.Rows * block.Columns, LeastPairs));
        for (int row = 0; row < block.Rows; row++)
        {
            foreach (ref var factor in new Span<float>(pairs.Gram + row * pairs.GramStride, block.Columns))
            {
                factor = factor < 0 ? 0 : factor;
            }
        }
    }

    private static void AddUp(double* sums, int chunks, int width, double* result)
    {
        new Span<double>(sums, width).CopyTo(new Span<double>(result, width));
        for (int chunk = 1; chunk < chunks; chunk++)
        {
            for (int d = 0; d < width; d++)
            {
                result[d] += sums[(nint)chunk * width + d];
            }
        }
    }

    private BatchMemory MemoryOf(PackingBuffers buffers)
    {
        if (_known != buffers)
        {
            (_known, _memory) = (buffers, new BatchMemory(buffers, _mean));
        }

        return _memory;
    }
}
