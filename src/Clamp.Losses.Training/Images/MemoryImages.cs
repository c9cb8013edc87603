using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>Images held in memory, as bytes in planar order [N, 3, H, W].</summary>
public sealed class MemoryImages : ImageSource
{
    private readonly byte[] _pixels;
    private readonly int _imageBytes;

    // Which of the images in the pixels these are, so that a subset needs no copy; null for all, in their order.
    private readonly int[]? _rows;

    /// <summary>The files that all images of the pixels were decoded from; null where they are not of files.</summary>
    internal IReadOnlyList<string>? Paths { get; init; }

    /// <summary>Wraps pixels and labels; the pixels are not copied, so the caller must not change them afterwards.</summary>
    /// <param name="pixels">Bytes of [N, 3, H, W], the last index fastest.</param>
    /// <param name="labels">One class index for each image, from 0 to <c>classNames.Count - 1</c>.</param>
    /// <param name="height">The height H of every image in pixels, at least 1.</param>
    /// <param name="width">The width W of every image in pixels, at least 1.</param>
    /// <param name="classNames">The name of every class, at least one.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The height or width is below 1, or a label names no class.</exception>
    /// <exception cref="ArgumentException">There is no class name, or the pixels are not N x 3 x H x W bytes.</exception>
    public MemoryImages(byte[] pixels, int[] labels, int height, int width, IReadOnlyList<string> classNames)
        : base(Checked(labels).Length, height, width, labels, classNames)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        _pixels = pixels;
        _imageBytes = Channels * height * width;
        long expected = (long)Count * _imageBytes;
        if (pixels.Length != expected)
        {
            string message = $"{Count} images of {Channels} x {height} x {width} take {expected} bytes; {pixels.Length} were given.";
            throw new ArgumentException(message, nameof(pixels));
        }
    }

    /// <summary>Wraps pixels without labels; they are not copied, so the caller must not change them afterwards.</summary>
    /// <param name="pixels">Bytes of [N, 3, H, W], the last index fastest.</param>
    /// <param name="height">The height H of every image in pixels, at least 1.</param>
    /// <param name="width">The width W of every image in pixels, at least 1.</param>
    /// <exception cref="ArgumentNullException"><paramref name="pixels"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The height or width is below 1.</exception>
    /// <exception cref="ArgumentException">The pixels are no whole number of images.</exception>
    public MemoryImages(byte[] pixels, int height, int width)
        : base(CountOf(pixels, height, width), height, width)
    {
        _pixels = pixels;
        _imageBytes = Channels * height * width;
    }

    private MemoryImages(MemoryImages all, int[] rows, int[]? labels)
        : base(rows.Length, all.Height, all.Width, labels, labels is null ? null : all.ClassNames) =>
        (_pixels, _imageBytes, _rows, Paths) = (all._pixels, all._imageBytes, rows, all.Paths);

    /// <inheritdoc/>
    public override Tensor Pixels(ReadOnlySpan<int> indices)
    {
        ThrowIfUnknown(indices);
        var buffer = new PixelBuffer(indices.Length, Channels, Height, Width);
        for (int i = 0; i < indices.Length; i++)
            _pixels.AsSpan(Row(indices[i]) * _imageBytes, _imageBytes).CopyTo(buffer.At((long)i * _imageBytes, _imageBytes));
        return buffer.Pixels;
    }

    /// <inheritdoc/>
    /// <remarks>The pixels are shared, not copied.</remarks>
    public override MemoryImages Subset(ReadOnlySpan<int> indices)
    {
        ThrowIfUnknown(indices);
        return new(this, Array.ConvertAll(indices.ToArray(), Row), LabelsOf(indices));
    }

    /// <inheritdoc/>
    internal override string? PathOf(int index) => Paths?[Row(index)];

    private int Row(int index) => _rows is null ? index : _rows[index];

    private static int[] Checked(int[] labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        return labels;
    }

    private static int CountOf(byte[] pixels, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        var (count, rest) = Math.DivRem(pixels.Length, Channels * height * width);
        return rest == 0
            ? count
            : throw new ArgumentException(
                $"{pixels.Length} bytes were given, which are {count} images of {Channels} x {height} x {width} and {rest} bytes.", nameof(pixels));
    }
}
