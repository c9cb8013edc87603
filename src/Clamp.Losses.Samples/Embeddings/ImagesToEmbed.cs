namespace Clamp.Losses.Samples.Embeddings;

/// <summary>Images that are embedded, in their order.</summary>
/// <param name="images">Whose embeddings will be made.</param>
/// <param name="height">The height of the images as the encoder is shown them.</param>
/// <param name="width">Their width.</param>
public abstract class ImagesToEmbed(EmbeddedImages images, int height, int width)
{
    /// <summary>Whose embeddings will be made.</summary>
    public EmbeddedImages Images => images;

    /// <summary>The height of the images as the encoder is shown them.</summary>
    public int Height => height;

    /// <summary>Their width.</summary>
    public int Width => width;

    /// <summary>What is other where these are other images, such as the size and time of a file.</summary>
    public abstract IEnumerable<string> Identity { get; }

    /// <summary>The pixels of some images, [n, 3, height, width].</summary>
    /// <param name="batch">Which, each once.</param>
    /// <param name="broken">Is told of an image that cannot be decoded, and why, on any thread; its pixels are black.</param>
    /// <param name="cancellation">Ends the work early.</param>
    /// <returns>Their bytes.</returns>
    public abstract byte[] Planes(int[] batch, Action<int, Exception> broken, CancellationToken cancellation);
}
