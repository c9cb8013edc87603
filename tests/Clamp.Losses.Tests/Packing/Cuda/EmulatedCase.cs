using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Packing.Cuda;

/// <summary>What the emulated kernels are to compute.</summary>
/// <param name="Storage">Numbers, the embeddings among them.</param>
/// <param name="Shape">V, B and D of the embeddings.</param>
/// <param name="Strides">From one view, and from one image, to the next.</param>
/// <param name="Offset">Where the embeddings begin.</param>
/// <param name="Options">The loss.</param>
internal sealed record EmulatedCase(
    Tensor Storage,
    (long Views, long Images, long Width) Shape,
    (long View, long Image) Strides,
    long Offset,
    ClampLossOptions Options)
{
    /// <summary>How many rows and columns a strip of pairs has at most.</summary>
    public (long Rows, long Columns) Strip { get; init; } = (48, 100);

    /// <summary>How many chunks of images a launch has at most.</summary>
    public long MostChunks { get; init; } = 1024;

    /// <summary>Whether the gradient is wanted, or the energy alone.</summary>
    public bool WithGradient { get; init; } = true;

    /// <summary>The gradient of what is back-propagated with respect to the loss.</summary>
    public double Upstream { get; init; } = 1;

    /// <summary>Draws the order of blocks, warps and lanes.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>z.</summary>
    public Tensor Embeddings =>
        Storage.as_strided([Shape.Views, Shape.Images, Shape.Width], [Strides.View, Strides.Image, 1], Offset);

    /// <summary>Embeddings that fill their memory.</summary>
    /// <param name="embeddings">z, [V, B, D].</param>
    /// <param name="options">The loss.</param>
    public static EmulatedCase Contiguous(Tensor embeddings, ClampLossOptions options)
    {
        var (images, width) = (embeddings.shape[1], embeddings.shape[2]);
        return new EmulatedCase(
            embeddings.contiguous().view(-1), (embeddings.shape[0], images, width), (images * width, width), 0, options);
    }

    /// <summary>Embeddings inside a larger tensor that is NaN everywhere else.</summary>
    /// <param name="embeddings">z, [V, B, D].</param>
    /// <param name="margin">How much larger it is, all of it before the embeddings.</param>
    /// <param name="options">The loss.</param>
    public static EmulatedCase Slice(Tensor embeddings, (int Views, int Images, int Width) margin, ClampLossOptions options)
    {
        var shape = (embeddings.shape[0], embeddings.shape[1], embeddings.shape[2]);
        var strides = (View: (shape.Item2 + margin.Images) * (shape.Item3 + margin.Width), Image: shape.Item3 + margin.Width);
        var storage = full((shape.Item1 + margin.Views) * strides.View, float.NaN, dtype: embeddings.dtype);
        var offset = (margin.Views * strides.View) + (margin.Images * strides.Image) + margin.Width;
        var result = new EmulatedCase(storage, shape, strides, offset, options);
        result.Embeddings.copy_(embeddings);
        return result;
    }

    /// <summary>The case as the harness reads it: its Request, then the storage.</summary>
    public byte[] Serialize()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        long[] integers =
        [
            Shape.Views, Shape.Images, Shape.Width, Strides.View, Strides.Image, Offset, Storage.numel(), Strip.Rows, Strip.Columns,
            MostChunks, WithGradient ? 1 : 0, Options.LogEnergy ? 1 : 0, Seed,
        ];
        double[] numbers =
        [
            Options.RadiusScale, Options.PotentialExponent, Options.RepulsionWeight, Options.SizeWeight, Options.MinSeparation,
            Options.MaxContactDistance, Upstream,
        ];
        Array.ForEach(integers, writer.Write);
        Array.ForEach(numbers, writer.Write);
        writer.Write(Storage.bytes);
        writer.Flush();
        return stream.ToArray();
    }
}
