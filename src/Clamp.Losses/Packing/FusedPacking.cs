using static TorchSharp.torch;

namespace Clamp.Losses.Packing;

/// <summary>
/// The loss and its gradient in one pass, in memory O(B D): kernel 1, then strip by strip of the pair matrix a product C C^T, kernel 2
/// and products A C, then kernel 3. Each pair is visited once (<see cref="PairStrip"/>).
/// One caller at a time.
/// </summary>
/// <param name="options">Valid options.</param>
/// <param name="kernels">Who does the work; disposed with this.</param>
internal sealed class FusedPacking(ClampLossOptions options, IPackingKernels kernels) : IDisposable
{
    private readonly PairPotential _potential = PairPotential.Of(options);
    private PackingBuffers? _buffers;

    /// <summary>The loss alone.</summary>
    /// <param name="embeddings">z, [V, B, D], of a dtype that the kernels read.</param>
    public Tensor Loss(Tensor embeddings)
    {
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        return LossAndSlope(RowContiguous(embeddings), forces: false).Loss.MoveToOuterDisposeScope();
    }

    /// <summary>The loss, and its gradient but for the centring.</summary>
    /// <param name="embeddings">z, [V, B, D], of a dtype that the kernels read.</param>
    public (Tensor Loss, UncentredGradient Gradient) LossAndGradient(Tensor embeddings)
    {
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        var rows = RowContiguous(embeddings);
        var (loss, slope) = LossAndSlope(rows, forces: true);
        var projected = empty(rows.shape, float32, rows.device);
        var sums = empty([rows.shape[2]], float64, rows.device);
        kernels.Gradient(rows, _potential, _buffers!, projected, sums);
        scope.MoveToOuter(loss, projected, sums, slope);
        return (loss, new UncentredGradient(projected, sums, slope));
    }

    /// <summary>Centres and scales a gradient, float32 where it lies.</summary>
    /// <param name="gradient">What <see cref="LossAndGradient"/> gave.</param>
    /// <param name="upstream">The gradient of what is back-propagated with respect to the loss, a float32 scalar; 1 when null.</param>
    /// <param name="dtype">The dtype of the gradient.</param>
    /// <returns>The gradient, [V, B, D]: the memory of h when it is float32.</returns>
    public Tensor Centre(UncentredGradient gradient, Tensor? upstream, ScalarType dtype)
    {
        var h = gradient.Projected;
        var result = dtype == float32 ? h : empty(h.shape, dtype, h.device);
        kernels.Centre(h, gradient.Sums, h.size(0) * h.size(1), gradient.Slope, upstream, result);
        return result;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _buffers?.Dispose();
        kernels.Dispose();
    }

    private static (int Rows, int Columns) StripOf(long images, Device device)
    {
        // On a GPU a launch costs more than the pairs of a small batch: one square up to 2048 images, and strips of 64 MB at most.
        if (device.type == TorchSharp.DeviceType.CUDA)
        {
            return (2048, 8192);
        }

        // Two strips already save a quarter of the first product; many thin ones save little more, and each costs several rendezvous
        // of threads. A strip is 4 MB at most.
        return ((int)Math.Clamp((images + 1) / 2, 256, 512), 2048);
    }

    private static Tensor RowContiguous(Tensor embeddings) => embeddings.stride(2) == 1 ? embeddings : embeddings.contiguous();

    private (Tensor Loss, Tensor Slope) LossAndSlope(Tensor embeddings, bool forces)
    {
        var buffers = BuffersFor(embeddings);
        kernels.SumEmbeddings(embeddings, buffers);
        kernels.Statistics(embeddings, embeddings.size(0) * embeddings.size(1), _potential.RadiusScale, buffers);
        buffers.ClearPairSums();
        using (new FullPrecisionProducts(embeddings.device_type))
        {
            foreach (var strip in buffers.Strips)
            {
                strip.Interact(kernels, _potential, forces, buffers);
            }
        }

        var loss = empty([], float32, embeddings.device);
        var slope = empty([], float64, embeddings.device);
        kernels.LossOfEnergy(_potential, options.LogEnergy, buffers, loss, slope);
        return (loss, slope);
    }

    private PackingBuffers BuffersFor(Tensor embeddings)
    {
        var shape = (embeddings.size(0), embeddings.size(1), embeddings.size(2));
        if (_buffers is null || _buffers.Shape != shape)
        {
            _buffers?.Dispose();
            _buffers = new PackingBuffers(shape, StripOf(shape.Item2, embeddings.device), embeddings.device);
        }

        return _buffers;
    }

    /// <summary>What remains of the gradient is (h - mean of h) * dL/dE.</summary>
    /// <param name="Projected">h, [V, B, D].</param>
    /// <param name="Sums">The sum of h, [D], float64.</param>
    /// <param name="Slope">dL/dE, float64.</param>
    internal readonly record struct UncentredGradient(Tensor Projected, Tensor Sums, Tensor Slope);
}
