using System.Diagnostics;
using System.Runtime.Intrinsics;
using Clamp.Losses.Packing.Cpu.Lanes;
using TorchSharp;

namespace Clamp.Losses.Packing.Cpu;

/// <summary>The three kernels for the CPU, in the widest lanes the machine has.</summary>
internal static class CpuPackingKernels
{
    /// <summary>Kernels for a loss.</summary>
    /// <param name="options">Valid options.</param>
    public static IPackingKernels Create(ClampLossOptions options) =>
        Vector512.IsHardwareAccelerated ? new CpuPackingKernels<Lanes512>(options)
        : Vector256.IsHardwareAccelerated ? new CpuPackingKernels<Lanes256>(options)
        : Vector128.IsHardwareAccelerated ? new CpuPackingKernels<Lanes128>(options)
        : new CpuPackingKernels<Lanes1>(options);
}

/// <summary>The three kernels for the CPU: chunks of images or rows side by side on a <see cref="ThreadTeam"/>.</summary>
/// <typeparam name="TLanes">The lanes of their loops.</typeparam>
/// <param name="options">Valid options.</param>
/// <param name="team">Who runs the chunks.</param>
/// <param name="product">Who multiplies matrices.</param>
internal sealed unsafe class CpuPackingKernels<TLanes>(ClampLossOptions options, ThreadTeam team, IMatrixProduct product) : IPackingKernels
    where TLanes : unmanaged, ILanes<TLanes>
{
    // A thread is worth starting for some ten microseconds of work.
    private const long LeastNumbers = 1 << 15;
    private const long LeastPairs = 1 << 12;

    /// <summary>Kernels on the machine's own threads and BLAS.</summary>
    /// <param name="options">Valid options.</param>
    public CpuPackingKernels(ClampLossOptions options)
        : this(options, ThreadTeam.OfMachine, MatrixProduct.OfMachine)
    {
    }

    /// <inheritdoc/>
    public int Workers => Math.Max(1, torch.get_num_threads());

    /// <inheritdoc/>
    public IMatrixProduct ProductOf(BatchMemory batch) => product;

    /// <inheritdoc/>
    // The triangle beyond the strips of 256 rows saves three eighths of the first product at B 1024; thinner strips save little more, and
    // each costs several rendezvous of threads. A strip is 2 MB at most.
    public (int Rows, int Columns) LargestStrip(int images) => (256, 2048);

    /// <inheritdoc/>
    public long ScratchBytes(BatchShape shape, int workers) => new CpuScratch(null, shape, LargestStrip(shape.Images), workers).Bytes;

    /// <inheritdoc/>
    public void SumEmbeddings(EmbeddingRows embeddings, BatchMemory batch)
    {
        var sums = ScratchOf(batch).PartialSums;
        var chunks = Chunks(embeddings.Shape.Numbers, LeastNumbers, batch);
        team.Run(new EmbeddingStatistics.SumWork<TLanes>(embeddings, sums), chunks);
        AddUp(sums, chunks, embeddings.Width, batch.EmbeddingSums);
    }

    /// <inheritdoc/>
    public void Statistics(EmbeddingRows embeddings, BatchMemory batch)
    {
        EmbeddingStatistics.SetMean(batch);
        *batch.Energy = 0;
        var work = new EmbeddingStatistics.MeasureWork<TLanes>(embeddings, batch, options.RadiusScale, ScratchOf(batch));
        team.Run(work, Chunks(embeddings.Shape.Numbers, LeastNumbers, batch));
    }

    /// <inheritdoc/>
    public bool Interactions(PairStrip strip, Matrix pairs, bool forces, BatchMemory batch)
    {
        var scratch = ScratchOf(batch);
        var work = new PairInteractions.Strip
        {
            Pairs = strip,
            Matrix = pairs,
            Batch = batch,
            Scratch = scratch,
            Strength = (float)(options.PotentialExponent * options.RepulsionWeight),
            LeastSquaredDistance = (float)(options.MinSeparation * options.MinSeparation),
            LargestReach = (float)options.MaxContactDistance,
        };
        var chunks = Chunks((long)strip.Rows * strip.Columns, LeastPairs, batch);
        Interact(work, chunks);
        var found = new ReadOnlySpan<PairInteractions.Found>(scratch.Found, chunks);
        var (anyContact, anyClose) = (false, false);
        foreach (var ofChunk in found)
        {
            *batch.Energy += ofChunk.Energy;
            anyContact |= ofChunk.AnyContact;
            anyClose |= ofChunk.AnyClose;
        }

        if (forces && anyClose)
        {
            team.Run(new PairInteractions.CloseForceWork<TLanes>(work), chunks);
            team.Run(new PairInteractions.ClearCloseWork(work), chunks);
        }

        return anyContact;
    }

    /// <inheritdoc/>
    public void LossOfEnergy(BatchMemory batch, float* loss, double* slope)
    {
        var energy = options.RepulsionWeight * *batch.Energy;
        for (int image = 0; options.SizeWeight != 0 && image < batch.Shape.AllImages; image++)
        {
            energy += options.SizeWeight * batch.Radii[image];
        }

        *loss = (float)(options.LogEnergy ? Math.Log(energy + Floors.Energy) : energy);
        *slope = options.LogEnergy ? 1 / (energy + Floors.Energy) : 1;
    }

    /// <inheritdoc/>
    public void Gradient(EmbeddingRows embeddings, BatchMemory batch, float* projected, double* sums)
    {
        var scratch = ScratchOf(batch);
        var chunks = Chunks(embeddings.Shape.Numbers, LeastNumbers, batch);
        var result = EmbeddingRows.Contiguous(projected, embeddings.Shape);
        team.Run(new EmbeddingGradient.ProjectWork<TLanes>(embeddings, batch, options, result, scratch), chunks);
        AddUp(scratch.PartialSums, chunks, embeddings.Width, sums);
    }

    /// <inheritdoc/>
    public void Centre(
        BatchShape shape, float* projected, double* sums, double* slope, float* upstream, ElementType element, void* result)
    {
        Debug.Assert(element == ElementType.Float32, "On the CPU a gradient is float32 until torch converts it.");
        var scale = (float)(*slope * (upstream == null ? 1 : *upstream));
        var work = new EmbeddingGradient.CentreWork<TLanes>(projected, sums, scale, shape, (float*)result);
        team.Run(work, (int)Math.Clamp(shape.Numbers / LeastNumbers, 1, Workers));
    }

    /// <summary>How many chunks to cut work into: one for each worker, fewer when there is little to do.</summary>
    private static int Chunks(long work, long leastWork, BatchMemory batch) => (int)Math.Clamp(work / leastWork, 1, batch.Workers);

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

    private CpuScratch ScratchOf(BatchMemory batch) => new(batch.Scratch, batch.Shape, LargestStrip(batch.Shape.Images), batch.Workers);

    private void Interact(PairInteractions.Strip strip, int chunks)
    {
        var twiceExponent = 2 * options.PotentialExponent;
        if (twiceExponent == 4)
        {
            team.Run(new PairInteractions.RowWork<TLanes, PairInteractions.Harmonic>(strip, default), chunks);
        }
        else if (twiceExponent is <= PairInteractions.HalfPower.Most && twiceExponent == Math.Floor(twiceExponent))
        {
            team.Run(new PairInteractions.RowWork<TLanes, PairInteractions.HalfPower>(strip, new((int)twiceExponent - 2)), chunks);
        }
        else
        {
            var power = new PairInteractions.AnyPower((float)(options.PotentialExponent - 1));
            team.Run(new PairInteractions.RowWork<TLanes, PairInteractions.AnyPower>(strip, power), chunks);
        }
    }
}
