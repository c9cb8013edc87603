using Clamp.Losses.Packing.Cpu;
using static TorchSharp.torch;

namespace Clamp.Losses.Packing;

/// <summary>
/// The loss and its gradient in one pass, in memory O(B D): kernel 1, then strip by strip of the pair matrix a product C C^T, kernel 2
/// and products A C, then kernel 3. Each pair is visited once (<see cref="PairStrip"/>).
/// One caller at a time.
/// </summary>
internal sealed class FusedPacking(ClampLossOptions options) : IDisposable
{
    // Two strips already save a quarter of the first product; many thin ones save little more, and each costs several rendezvous of
    // threads. A strip is 4 MB at most.
    private const int LeastRows = 256;
    private const int MostRows = 512;
    private const int MostColumns = 2048;

    private readonly PairPotential _potential = PairPotential.Of(options);
    private readonly IPackingKernels _kernels = CpuPackingKernels.Create();
    private PackingBuffers? _buffers;

    /// <summary>Whether embeddings can be computed this way: float32, float16 or bfloat16 on the CPU.</summary>
    /// <param name="embeddings">Embeddings of a floating dtype.</param>
    public static bool Serves(Tensor embeddings) =>
        embeddings.device.type == TorchSharp.DeviceType.CPU && embeddings.dtype != ScalarType.Float64;

    /// <summary>The energy alone.</summary>
    /// <param name="embeddings">z, [V, B, D], float32.</param>
    public double Energy(Tensor embeddings)
    {
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        return EnergyOf(RowContiguous(embeddings), forces: false);
    }

    /// <summary>The energy, and its gradient but for the centring.</summary>
    /// <param name="embeddings">z, [V, B, D], float32.</param>
    public UncentredGradient EnergyAndGradient(Tensor embeddings)
    {
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        var rows = RowContiguous(embeddings);
        var energy = EnergyOf(rows, forces: true);
        var projected = empty(rows.shape, float32, rows.device);
        _kernels.Gradient(rows, _potential, projected, _buffers!);
        var mean = (_buffers!.ProjectedSums / (rows.shape[0] * rows.shape[1])).to(float32);
        return new UncentredGradient(energy, projected.MoveToOuterDisposeScope(), mean.MoveToOuterDisposeScope());
    }

    /// <summary>The gradient.</summary>
    /// <param name="projected">h.</param>
    /// <param name="mean">Its mean.</param>
    /// <param name="scale">The derivative of what is back-propagated with respect to the energy.</param>
    /// <param name="result">Receives the gradient; may be <paramref name="projected"/> itself.</param>
    /// <returns>The result.</returns>
    public Tensor Centre(Tensor projected, Tensor mean, double scale, Tensor result)
    {
        _kernels.Centre(projected, mean, scale, result);
        return result;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _buffers?.Dispose();
        _kernels.Dispose();
    }

    private static Tensor RowContiguous(Tensor embeddings) => embeddings.stride(2) == 1 ? embeddings : embeddings.contiguous();

    private double EnergyOf(Tensor embeddings, bool forces)
    {
        var buffers = BuffersFor(embeddings);
        _kernels.SumEmbeddings(embeddings, buffers);
        _kernels.Statistics(embeddings, embeddings.size(0) * embeddings.size(1), _potential.RadiusScale, buffers);
        buffers.ClearPairSums();
        foreach (var strip in buffers.Strips)
        {
            strip.Interact(_kernels, _potential, forces, buffers);
        }

        var energy = _potential.RepulsionWeight * buffers.Energy.item<double>();
        return _potential.SizeWeight == 0 ? energy : energy + _potential.SizeWeight * buffers.Radii.sum(float64).item<double>();
    }

    private PackingBuffers BuffersFor(Tensor embeddings)
    {
        var shape = (embeddings.size(0), embeddings.size(1), embeddings.size(2));
        if (_buffers is null || _buffers.Shape != shape)
        {
            _buffers?.Dispose();
            var rows = (int)Math.Clamp((shape.Item2 + 1) / 2, LeastRows, MostRows);
            _buffers = new PackingBuffers(shape, (rows, MostColumns), embeddings.device);
        }

        return _buffers;
    }

    /// <summary>What remains of the gradient is (h - mean) * scale.</summary>
    /// <param name="Energy">E.</param>
    /// <param name="Projected">h, [V, B, D].</param>
    /// <param name="Mean">The mean of h, [D].</param>
    internal readonly record struct UncentredGradient(double Energy, Tensor Projected, Tensor Mean);
}
