using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Packing.Cuda;

/// <summary>What the emulated kernels wrote.</summary>
internal sealed class EmulatedResult
{
    private readonly EmulatedCase _case;

    /// <summary>Takes apart what the harness wrote.</summary>
    /// <param name="emulatedCase">What was computed.</param>
    /// <param name="output">Loss, radii and centroids in float32; the gradient, if wanted, in the embeddings' dtype.</param>
    public EmulatedResult(EmulatedCase emulatedCase, byte[] output)
    {
        _case = emulatedCase;
        Bits = output;
        var (views, images, width) = (emulatedCase.Embeddings.shape[0], emulatedCase.Embeddings.shape[1], emulatedCase.Embeddings.shape[2]);
        var before = (int)(sizeof(float) * (1 + images + (images * width)));
        var singles = Of(output.AsSpan(0, before), [1 + images + (images * width)], ScalarType.Float32);
        Loss = singles[0].item<float>();
        Radii = singles.narrow(0, 1, images);
        Centroids = singles.narrow(0, 1 + images, images * width).view(images, width);
        Gradient = Of(output.AsSpan(before), [emulatedCase.WithGradient ? views : 0, images, width], emulatedCase.Embeddings.dtype);
    }

    /// <summary>All of it.</summary>
    public byte[] Bits { get; }

    public double Loss { get; }

    /// <summary>r, [B].</summary>
    public Tensor Radii { get; }

    /// <summary>c, [B, D].</summary>
    public Tensor Centroids { get; }

    /// <summary>[V, B, D], or no view at all when it was not wanted.</summary>
    public Tensor Gradient { get; }

    /// <summary>L and its gradient times the upstream one, by Composite in float64 on the same numbers.</summary>
    public (double Loss, Tensor Gradient) Expected()
    {
        _case.Options.Backend = ClampBackend.Composite;
        var (loss, gradient) = new ClampLoss(_case.Options).LossAndGradient(_case.Embeddings.to(float64));
        return (loss.item<double>(), gradient * _case.Upstream);
    }

    private static Tensor Of(ReadOnlySpan<byte> bytes, long[] shape, ScalarType dtype)
    {
        var tensor = empty(shape, dtype, CPU);
        bytes.CopyTo(tensor.bytes);
        return tensor;
    }
}
