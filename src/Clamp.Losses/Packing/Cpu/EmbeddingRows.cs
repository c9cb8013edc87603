using TorchSharp;

namespace Clamp.Losses.Packing.Cpu;

/// <summary>Where the rows of float32 embeddings [V, B, D] lie; each row is contiguous, views and images have any stride.</summary>
internal readonly unsafe struct EmbeddingRows
{
    private readonly float* _data;
    private readonly nint _imageStride;

    public EmbeddingRows(torch.Tensor embeddings)
    {
        _data = (float*)TensorMemory.Of(embeddings);
        ViewStride = (nint)embeddings.stride(0);
        _imageStride = (nint)embeddings.stride(1);
        Views = checked((int)embeddings.size(0));
        Images = checked((int)embeddings.size(1));
        Width = checked((int)embeddings.size(2));
    }

    /// <summary>From one view to the next.</summary>
    public nint ViewStride { get; }

    /// <summary>V.</summary>
    public int Views { get; }

    /// <summary>B.</summary>
    public int Images { get; }

    /// <summary>D.</summary>
    public int Width { get; }

    /// <summary>How many numbers there are.</summary>
    public long Numbers => (long)Views * Images * Width;

    /// <summary>The D numbers of one view of one image.</summary>
    /// <param name="view">Which view.</param>
    /// <param name="image">Which image.</param>
    public float* this[int view, int image] => _data + view * ViewStride + image * _imageStride;

    /// <summary>The images of one chunk out of several.</summary>
    /// <param name="chunk">Its number.</param>
    /// <param name="chunks">How many there are.</param>
    public (int First, int End) ImagesOf(int chunk, int chunks) =>
        ((int)((long)Images * chunk / chunks), (int)((long)Images * (chunk + 1) / chunks));
}
