using System.Runtime.ExceptionServices;
using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// Images decoded from files each time that they are needed, several at once. Views are cut from the whole picture; a score sees the
/// centre.
/// </summary>
public sealed class FileImages : ImageSource
{
    private readonly string[] _paths;
    private readonly ImageDecoder _decode;
    private readonly CentreCrop? _centre;

    /// <summary>The files, in the order of the images.</summary>
    public IReadOnlyList<string> Paths => Array.AsReadOnly(_paths);

    private int ImageBytes => Channels * Height * Width;

    /// <summary>Names the files; none is read.</summary>
    /// <param name="paths">The files; copied.</param>
    /// <param name="size">The height and width of the images made of them, at least 1.</param>
    /// <param name="decode">Decodes a file, on any thread.</param>
    /// <param name="labels">One class index for each file; null without labels.</param>
    /// <param name="classNames">The name of every class, at least one; null without labels.</param>
    /// <param name="centre">How a score sees a picture; null scales the shorter side to <paramref name="size"/>, bilinear.</param>
    /// <exception cref="ArgumentException">As for any <see cref="ImageSource"/>.</exception>
    public FileImages(
        IReadOnlyList<string> paths,
        int size,
        ImageDecoder decode,
        IReadOnlyList<int>? labels = null,
        IReadOnlyList<string>? classNames = null,
        CentreCrop? centre = null)
        : base(paths?.Count ?? throw new ArgumentNullException(nameof(paths)), size, size, labels, classNames)
    {
        ArgumentNullException.ThrowIfNull(decode);
        (_paths, _decode, _centre) = ([.. paths], decode, centre);
    }

    /// <inheritdoc/>
    public override Tensor Pixels(ReadOnlySpan<int> indices)
    {
        var buffer = new PixelBuffer(indices.Length, Channels, Height, Width);
        try
        {
            Decode(indices.ToArray(), (i, image) => image.CopyCentre(Height, buffer.At((long)i * ImageBytes, ImageBytes), _centre));
            return buffer.Pixels;
        }
        catch
        {
            buffer.Pixels.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override FileImages Subset(ReadOnlySpan<int> indices)
    {
        ThrowIfUnknown(indices);
        var labels = LabelsOf(indices);
        return new FileImages([.. indices.ToArray().Select(index => _paths[index])], Height, _decode, labels, labels is null ? null : ClassNames, _centre);
    }

    /// <inheritdoc/>
    internal override string PathOf(int index) => _paths[index];

    /// <summary>Decodes all files into memory, as a score sees them.</summary>
    /// <returns>As many images, with the same labels.</returns>
    /// <exception cref="InvalidDataException">A file cannot be decoded, or the images take more than 2 GB; the message says which.</exception>
    public MemoryImages ToMemory()
    {
        var bytes = (long)Count * Channels * Height * Width;
        if (bytes > Array.MaxLength)
        {
            throw new InvalidDataException(
                $"{Count} images take {bytes} bytes at {Height}x{Width} pixels; at most {Array.MaxLength} fit into memory. Stream them, or use "
                + "a smaller image size or a limit.");
        }

        var pixels = new byte[bytes];
        Decode([.. Enumerable.Range(0, Count)], (i, image) => image.CopyCentre(Height, pixels.AsSpan(i * ImageBytes, ImageBytes), _centre));
        return HasLabels
            ? new(pixels, [.. Labels], Height, Width, ClassNames) { Paths = _paths }
            : new(pixels, Height, Width) { Paths = _paths };
    }

    /// <summary>Decodes whole pictures on all cores.</summary>
    /// <param name="indices">The images wanted.</param>
    /// <param name="use">Called on any thread for each position in <paramref name="indices"/>; the picture is disposed after that.</param>
    /// <param name="stop">Ends the work early.</param>
    /// <exception cref="ArgumentOutOfRangeException">An index names no image.</exception>
    /// <exception cref="InvalidDataException">A file cannot be decoded; the message names it.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public void Decode(int[] indices, Action<int, DecodedImage> use, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(indices);
        ArgumentNullException.ThrowIfNull(use);
        ThrowIfUnknown(indices);
        try
        {
            Parallel.For(0, indices.Length, new ParallelOptions { CancellationToken = stop }, i =>
            {
                using var image = _decode(_paths[indices[i]]);
                use(i, image);
            });
        }
        catch (AggregateException exception)
        {
            ExceptionDispatchInfo.Throw(exception.InnerExceptions[0]);
        }
    }
}
