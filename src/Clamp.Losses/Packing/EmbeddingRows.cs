namespace Clamp.Losses.Packing;

/// <summary>Where the rows of embeddings [V, B, D] lie; each row is contiguous, views and images have any stride.</summary>
/// <param name="data">The first number of the first view of the first image.</param>
/// <param name="element">What kind of number.</param>
/// <param name="viewStride">Numbers from one view to the next.</param>
/// <param name="imageStride">Numbers from one image to the next.</param>
/// <param name="shape">V, B and D.</param>
internal readonly unsafe struct EmbeddingRows(void* data, ElementType element, long viewStride, long imageStride, BatchShape shape)
{
    public readonly void* Data = data;
    public readonly ElementType Element = element;
    public readonly nint ViewStride = (nint)viewStride;
    public readonly nint ImageStride = (nint)imageStride;
    public readonly int Views = shape.Views;
    public readonly int Images = shape.Images;
    public readonly int Width = shape.Width;

    /// <summary>V, B and D.</summary>
    public BatchShape Shape => new(Views, Images, Width);

    /// <summary>The D numbers of one view of one image, float32.</summary>
    /// <param name="view">Which view.</param>
    /// <param name="image">Which image.</param>
    public float* this[int view, int image] => (float*)Data + view * ViewStride + image * ImageStride;

    /// <summary>Contiguous float32 rows.</summary>
    /// <param name="data">Their first number.</param>
    /// <param name="shape">V, B and D.</param>
    public static EmbeddingRows Contiguous(float* data, BatchShape shape) =>
        new(data, ElementType.Float32, (long)shape.Images * shape.Width, shape.Width, shape);

    /// <summary>The images of one chunk out of several.</summary>
    /// <param name="chunk">Its number.</param>
    /// <param name="chunks">How many there are.</param>
    public (int First, int End) ImagesOf(int chunk, int chunks) =>
        ((int)((long)Images * chunk / chunks), (int)((long)Images * (chunk + 1) / chunks));
}
