using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Packing.Cuda;

/// <summary>What the emulated kernels are to compute.</summary>
/// <param name="Embeddings">z, [V, B, D].</param>
/// <param name="Options">The loss.</param>
internal sealed record EmulatedCase(Tensor Embeddings, ClampLossOptions Options)
{
    /// <summary>How much larger the memory is that the embeddings are a slice of, all of it before them: NaN, if it is below 1 GB.</summary>
    public (long Views, long Images, long Width) Margin { get; init; }

    /// <summary>From one row of a strip of pairs to the next, if that is more than its columns need.</summary>
    public long PairStride { get; init; }

    /// <summary>How many rows and columns a strip of pairs has at most.</summary>
    public (long Rows, long Columns) Strip { get; init; } = (48, 100);

    /// <summary>How many chunks of images a launch has at most.</summary>
    public long MostChunks { get; init; } = 1024;

    /// <summary>How many rows a tile of pairs has: 64 at most.</summary>
    public long TileRows { get; init; } = 64;

    /// <summary>Whether the gradient is wanted, or the energy alone.</summary>
    public bool WithGradient { get; init; } = true;

    /// <summary>The gradient of what is back-propagated with respect to the loss; the kernels get a null address for 1.</summary>
    public double Upstream { get; init; } = 1;

    /// <summary>Draws the order of blocks, warps and lanes.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>The case as the harness reads it: its Request, then the embeddings.</summary>
    public byte[] Serialize()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        var (views, images, width) = (Embeddings.shape[0], Embeddings.shape[1], Embeddings.shape[2]);
        var imageStride = width + Margin.Width;
        var viewStride = (images + Margin.Images) * imageStride;
        var offset = (Margin.Views * viewStride) + (Margin.Images * imageStride) + Margin.Width;
        long[] integers =
        [
            views, images, width, viewStride, imageStride, offset, PairStride, Strip.Rows, Strip.Columns, MostChunks, TileRows,
            WithGradient ? 1 : 0, Options.LogEnergy ? 1 : 0, Options.SplitProducts ? 1 : 0, Seed,
        ];
        double[] numbers =
        [
            Options.RadiusScale, Options.PotentialExponent, Options.RepulsionWeight, Options.SizeWeight, Options.MinSeparation,
            Options.MaxContactDistance, Upstream,
        ];
        Array.ForEach(integers, writer.Write);
        Array.ForEach(numbers, writer.Write);
        using var contiguous = Embeddings.contiguous();
        writer.Write(contiguous.bytes);
        writer.Flush();
        return stream.ToArray();
    }
}
