using System.Collections.Concurrent;
using System.Diagnostics;
using Clamp.Losses.Distributed;
using Clamp.Losses.Tensors;
using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace Clamp.Losses.Packing;

/// <summary>
/// The fused loss of float embeddings of any precision up to float32, with or without a graph. Threads may share it: each call has
/// buffers of its own.
/// </summary>
/// <param name="kernelsOf">The kernels of a device.</param>
/// <param name="logger">Who is told of a backward pass that failed; the trace when null.</param>
internal sealed unsafe partial class FusedLoss(Func<Device, IPackingKernels> kernelsOf, ILogger? logger) : IDisposable
{
    private readonly ConcurrentDictionary<(DeviceType Type, int Index), IPackingKernels> _kernels = new();
    private readonly PackingBufferPool _buffers = new();

    /// <summary>The loss; a graph is recorded when the embeddings need a gradient.</summary>
    /// <param name="embeddings">z, [V, B, D].</param>
    /// <param name="part">Which images of all these are.</param>
    public Tensor Loss(Tensor embeddings, BatchPart part)
    {
        using var scope = NewDisposeScope();
        var readable = Readable(embeddings);
        var loss = readable.requires_grad && is_grad_enabled() ? FusedGradient.Record(readable, part, this) : LossAlone(readable, part);
        return loss.MoveToOuterDisposeScope();
    }

    /// <summary>The loss and its gradient, [V, B, D], in the embeddings' dtype, without a graph.</summary>
    /// <param name="embeddings">z, [V, B, D].</param>
    /// <param name="part">Which images of all these are.</param>
    public (Tensor Loss, Tensor Gradient) LossAndGradient(Tensor embeddings, BatchPart part)
    {
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        var readable = Readable(embeddings);
        var (loss, uncentred) = LossAndUncentredGradient(readable, part);
        var gradient = Centred(uncentred, upstream: null, readable.dtype).to(embeddings.dtype);
        return (loss.MoveToOuterDisposeScope(), gradient.MoveToOuterDisposeScope());
    }

    /// <summary>The loss, and its gradient but for the centring.</summary>
    /// <param name="embeddings">z, [V, B, D], of a dtype that the kernels read.</param>
    /// <param name="part">Which images of all these are.</param>
    public (Tensor Loss, UncentredGradient Gradient) LossAndUncentredGradient(Tensor embeddings, BatchPart part)
    {
        var width = embeddings.size(2);
        var loss = empty([], float32, embeddings.device);
        var projected = empty([embeddings.size(0), embeddings.size(1), width], float32, embeddings.device);
        var sumsAndSlope = empty([width + 1], float64, embeddings.device);
        var sums = (double*)TensorMemory.Of(sumsAndSlope);
        var shape = Use(embeddings, part, (kernels, rows, batch, exchange) =>
        {
            FusedPacking.Loss(kernels, rows, batch, exchange, forces: true, (float*)TensorMemory.Of(loss), sums + width);
            kernels.Gradient(rows, batch, (float*)TensorMemory.Of(projected), sums);
        });
        if (part.Group.WorldSize > 1)
        {
            using var sumsAlone = sumsAndSlope.narrow(0, 0, width);
            part.Group.AllReduceSum(sumsAlone);
        }

        return (loss, new UncentredGradient(projected, sumsAndSlope, shape));
    }

    /// <summary>Shows what one process's loss is computed from: centroids, radii, pairs and the forces on centroids.</summary>
    /// <param name="embeddings">z, [V, B, D], without a graph.</param>
    /// <param name="part">All images are this process's.</param>
    /// <param name="pairs">Reads each strip of the Gram matrix of centroids before it becomes A.</param>
    /// <param name="batch">Reads the rest.</param>
    public void Inspect(Tensor embeddings, BatchPart part, Action<PairStrip, Matrix, BatchMemory> pairs, Action<BatchMemory> batch)
    {
        using var scope = NewDisposeScope();
        Use(Readable(embeddings), part, (kernels, rows, memory, exchange) =>
            batch(FusedPacking.Pack(kernels, rows, memory, exchange, forces: true, pairs)));
    }

    /// <summary>Centres and scales a gradient, which is used up.</summary>
    /// <param name="gradient">What <see cref="LossAndUncentredGradient"/> gave.</param>
    /// <param name="upstream">The gradient of what is back-propagated with respect to the loss, a float32 scalar; 1 when null.</param>
    /// <param name="dtype">The dtype of the gradient.</param>
    /// <returns>The gradient, [V, B, D]: h itself when it is float32.</returns>
    public Tensor Centred(UncentredGradient gradient, Tensor? upstream, ScalarType dtype)
    {
        var h = gradient.Projected;
        var result = dtype == float32 ? h : empty(h.shape, dtype, h.device);
        var shape = gradient.Shape;
        var sums = (double*)TensorMemory.Of(gradient.SumsAndSlope);
        KernelsOf(h.device).Centre(
            shape,
            (float*)TensorMemory.Of(h),
            sums,
            sums + shape.Width,
            upstream is null ? null : (float*)TensorMemory.Of(upstream),
            ElementOf(dtype),
            TensorMemory.Of(result));
        GC.KeepAlive(gradient);
        GC.KeepAlive(upstream);
        return result;
    }

    /// <summary>Says that a backward pass failed, where nothing may be thrown.</summary>
    /// <param name="exception">Why.</param>
    public void TellOfFailedGradient(Exception exception)
    {
        if (logger is null)
        {
            Trace.TraceError($"The gradient of CLAMP could not be computed; it is NaN. {exception}");
        }
        else
        {
            LogFailedGradient(logger, exception);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _buffers.Dispose();

    [LoggerMessage(Level = LogLevel.Error, Message = "The gradient of CLAMP could not be computed; it is NaN.")]
    private static partial void LogFailedGradient(ILogger logger, Exception exception);

    /// <summary>The CPU's kernels read float32 alone, a GPU's 16-bit floats too; both read rows that are contiguous.</summary>
    private static Tensor Readable(Tensor embeddings)
    {
        var readable = embeddings.device_type == DeviceType.CPU ? embeddings.to(float32) : embeddings;
        return readable.stride(2) == 1 ? readable : readable.contiguous();
    }

    private static BatchShape ShapeOf(Tensor embeddings, BatchPart part) => checked(new BatchShape(
        (int)embeddings.size(0), (int)embeddings.size(1), (int)embeddings.size(2), (int)part.FirstImage, (int)part.AllImages));

    /// <summary>What kernels call a dtype.</summary>
    /// <param name="dtype">Float32, float16 or bfloat16.</param>
    public static ElementType ElementOf(ScalarType dtype) => dtype switch
    {
        ScalarType.Float16 => ElementType.Float16,
        ScalarType.BFloat16 => ElementType.BFloat16,
        _ => ElementType.Float32,
    };

    private Tensor LossAlone(Tensor embeddings, BatchPart part)
    {
        var loss = empty([], float32, embeddings.device);
        var slope = empty([], float64, embeddings.device);
        Use(embeddings, part, (kernels, rows, batch, exchange) => FusedPacking.Loss(
            kernels, rows, batch, exchange, forces: false, (float*)TensorMemory.Of(loss), (double*)TensorMemory.Of(slope)));
        return loss;
    }

    private BatchShape Use(Tensor embeddings, BatchPart part, Action<IPackingKernels, EmbeddingRows, BatchMemory, GroupExchange?> work)
    {
        using var scope = NewDisposeScope();
        var (kernels, shape) = (KernelsOf(embeddings.device), ShapeOf(embeddings, part));
        using var exchange = part.Group.WorldSize > 1 ? new GroupExchange(part.Group, shape, embeddings.device) : null;
        var rows = new EmbeddingRows(
            TensorMemory.Of(embeddings), ElementOf(embeddings.dtype), embeddings.stride(0), embeddings.stride(1), shape);
        _buffers.Use(kernels, embeddings.device, shape, batch => work(kernels, rows, exchange?.Placed(batch) ?? batch, exchange));
        GC.KeepAlive(embeddings);
        return shape;
    }

    private IPackingKernels KernelsOf(Device device) =>
        _kernels.GetOrAdd((device.type, device.index), static (_, given) => given.kernelsOf(given.device), (kernelsOf, device));
}
