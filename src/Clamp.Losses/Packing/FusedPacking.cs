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

    /// <summary>The loss alone.</summary>
    /// <param name="embeddings">z, [V, B, D], float32.</param>
    public Tensor Loss(Tensor embeddings)
    {
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        return LossAndSlope(RowContiguous(embeddings), forces: false).Loss.MoveToOuterDisposeScope();
    }

    /// <summary>The loss, and its gradient but for the centring.</summary>
    /// <param name="embeddings">z, [V, B, D], float32.</param>
    public (Tensor Loss, UncentredGradient Gradient) LossAndGradient(Tensor embeddings)
    {
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        var rows = RowContiguous(embeddings);
        var (loss, slope) = LossAndSlope(rows, forces: true);
        var projected = empty(rows.shape, float32, rows.device);
        var sums = empty([rows.shape[2]], float64, rows.device);
        _kernels.Gradient(rows, _potential, _buffers!, projected, sums);
        scope.MoveToOuter(loss, projected, sums, slope);
        return (loss, new UncentredGradient(projected, sums, slope));
    }

    /// <summary>Centres and scales a gradient where it lies.</summary>
    /// <param name="gradient">What <see cref="LossAndGradient"/> gave.</param>
    /// <param name="upstream">The gradient of what is back-propagated with respect to the loss, a float32 scalar; 1 when null.</param>
    /// <returns>The gradient, [V, B, D]: the memory of h.</returns>
    public Tensor Centre(UncentredGradient gradient, Tensor? upstream)
    {
        var h = gradient.Projected;
        _kernels.Centre(h, gradient.Sums, h.size(0) * h.size(1), gradient.Slope, upstream, h);
        return h;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _buffers?.Dispose();
        _kernels.Dispose();
    }

    private static Tensor RowContiguous(Tensor embeddings) => embeddings.stride(2) == 1 ? embeddings : embeddings.contiguous();

    private (Tensor Loss, Tensor Slope) LossAndSlope(Tensor embeddings, bool forces)
    {
        var buffers = BuffersFor(embeddings);
        _kernels.SumEmbeddings(embeddings, buffers);
        _kernels.Statistics(embeddings, embeddings.size(0) * embeddings.size(1), _potential.RadiusScale, buffers);
        buffers.ClearPairSums();
        foreach (var strip in buffers.Strips)
        {
            strip.Interact(_kernels, _potential, forces, buffers);
        }

        var loss = empty([], float32, embeddings.device);
        var slope = empty([], float64, embeddings.device);
        _kernels.LossOfEnergy(_potential, options.LogEnergy, buffers, loss, slope);
        return (loss, slope);
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

    /// <summary>What remains of the gradient is (h - mean of h) * dL/dE.</summary>
    /// <param name="Projected">h, [V, B, D].</param>
    /// <param name="Sums">The sum of h, [D], float64.</param>
    /// <param name="Slope">dL/dE, float64.</param>
    internal readonly record struct UncentredGradient(Tensor Projected, Tensor Sums, Tensor Slope);
}
