using System.Runtime.ExceptionServices;

namespace Clamp.Losses.Images;

/// <summary>
/// From pictures to features: decodes, scales, cuts out the centre and encodes, batch by batch, the next being decoded on all cores while
/// one is encoded. Derived classes know the network.
/// </summary>
/// <remarks>Several threads may use an instance at once; it must not be disposed while one does.</remarks>
public abstract class ImageEncoder : IDisposable
{
    private const int Channels = 3;
    private readonly ImageStreamDecoder _decode;
    private volatile bool _disposed;

    /// <summary>Describes what the network sees.</summary>
    /// <param name="size">The height and width of the centre it is shown, in pixels, at least 1.</param>
    /// <param name="centre">How a picture is scaled before.</param>
    /// <param name="decode">Decodes streams and files.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is below 1.</exception>
    protected ImageEncoder(int size, CentreCrop centre, ImageStreamDecoder decode)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentNullException.ThrowIfNull(centre);
        ArgumentNullException.ThrowIfNull(decode);
        (Size, Centre, _decode) = (size, centre, decode);
    }

    /// <summary>The height and width of the centre that the network is shown, in pixels.</summary>
    public int Size { get; }

    /// <summary>How a picture is scaled before its centre is cut out.</summary>
    public CentreCrop Centre { get; }

    /// <summary>F, the number of features of an image.</summary>
    public abstract int FeatureWidth { get; }

    /// <summary>The features of image files.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="stop">Ends the work early.</param>
    /// <returns>For each file F numbers, in order.</returns>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="InvalidDataException">A file cannot be decoded; the message names it.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public IReadOnlyList<float[]> EmbedFiles(IReadOnlyList<string> paths, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(paths);
        return Embed(paths.Count, (i, planes) =>
        {
            using var stream = File.OpenRead(paths[i]);
            CopyCentre(stream, $"'{paths[i]}'", planes);
        }, stop);
    }

    /// <summary>The features of images that streams hold.</summary>
    /// <param name="images">The streams, each at its image's first byte and read to the image's end; they stay open, and must not be the same.</param>
    /// <param name="stop">Ends the work early.</param>
    /// <returns>For each image F numbers, in order.</returns>
    /// <exception cref="InvalidDataException">An image cannot be decoded; the message tells its place.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public IReadOnlyList<float[]> EmbedStreams(IReadOnlyList<Stream> images, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        return Embed(images.Count, (i, planes) => CopyCentre(images[i], $"image {i}", planes), stop);
    }

    /// <summary>The features of pictures.</summary>
    /// <param name="images">The pictures, which stay the caller's.</param>
    /// <param name="stop">Ends the work early.</param>
    /// <returns>For each picture F numbers, in order.</returns>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public IReadOnlyList<float[]> EmbedPictures(IReadOnlyList<DecodedImage> images, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        return Embed(images.Count, (i, planes) => images[i].CopyCentre(Size, planes, Centre), stop);
    }

    /// <summary>The features of a batch of pixels, at once.</summary>
    /// <param name="planes">[N, 3, height, width]: of each image the red, the green and the blue plane, row by row.</param>
    /// <param name="height">The height of the images in pixels, which need not be <see cref="Size"/>.</param>
    /// <param name="width">Their width in pixels.</param>
    /// <returns>[N, F], finite.</returns>
    /// <exception cref="ArgumentException">The bytes are not those of one image or more.</exception>
    /// <exception cref="ObjectDisposedException">It has been disposed.</exception>
    public float[] Encode(byte[] planes, int height, int width)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(planes);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        var (count, rest) = Math.DivRem(planes.Length, (long)Channels * height * width);
        return rest == 0 && count > 0
            ? EncodeBatch(planes, (int)count, height, width)
            : throw new ArgumentException($"{planes.Length} bytes given; allowed: N x {Channels} x {height} x {width}, N at least 1.", nameof(planes));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the network, once.</summary>
    /// <param name="disposing">Whether <see cref="Dispose()"/> was called, rather than a finalizer.</param>
    protected abstract void Dispose(bool disposing);

    /// <summary>The features of a batch.</summary>
    /// <param name="planes">[count, 3, height, width].</param>
    /// <param name="count">At least 1.</param>
    /// <param name="height">The height of the images.</param>
    /// <param name="width">Their width.</param>
    /// <returns>[count, F], finite.</returns>
    protected abstract float[] EncodeBatch(byte[] planes, int count, int height, int width);

    private void CopyCentre(Stream stream, string name, Span<byte> planes)
    {
        try
        {
            using var image = _decode(stream);
            image.CopyCentre(Size, planes, Centre);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{name} cannot be used: {e.Message}", e);
        }
    }

    private List<float[]> Embed(int count, CopyPlanes copy, CancellationToken stop)
    {
        var features = new List<float[]>(count);
        var batches = ImageBatches.Of(count, Size, Size);
        foreach (var (_, read) in Ahead.Of(batches, (batch, left) => Planes(batch, copy, left, stop), depth: 1))
        {
            stop.ThrowIfCancellationRequested();
            features.AddRange(Encode(read.GetAwaiter().GetResult(), Size, Size).Chunk(FeatureWidth));
        }

        return features;
    }

    private byte[] Planes(int[] batch, CopyPlanes copy, CancellationToken left, CancellationToken stop)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(left, stop);
        var imageBytes = Channels * Size * Size;
        var planes = new byte[batch.Length * imageBytes];
        try
        {
            Parallel.For(0, batch.Length, new ParallelOptions { CancellationToken = either.Token }, i => copy(batch[i], planes.AsSpan(i * imageBytes, imageBytes)));
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }

        return planes;
    }

    private delegate void CopyPlanes(int image, Span<byte> planes);
}
