using Clamp.Losses.Samples.Data.Images;
using TorchSharp;

namespace Clamp.Losses.Samples.Data;

/// <summary>
/// A labelled set of RGB images of one size: held in memory as bytes in planar order [N, 3, H, W], or decoded from files each time that
/// they are needed.
/// </summary>
/// <remarks>Instances never change after construction and may be read from several threads at once.</remarks>
public sealed class LabelledImages
{
    /// <summary>The number of colour planes of every image: red, green, blue.</summary>
    public const int Channels = 3;

    // Empty when the images are decoded from files.
    private readonly byte[] _pixels;
    private readonly int[] _labels;
    private readonly int _imageBytes;

    /// <summary>Wraps pixels and labels; the pixels are not copied, so the caller must not change them afterwards.</summary>
    /// <param name="pixels">Bytes of [N, 3, H, W], the last index fastest.</param>
    /// <param name="labels">One class index for each image, from 0 to <c>classNames.Count - 1</c>.</param>
    /// <param name="height">The height H of every image in pixels, at least 1.</param>
    /// <param name="width">The width W of every image in pixels, at least 1.</param>
    /// <param name="classNames">The name of every class, at least one.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The height or width is below 1, or a label names no class.</exception>
    /// <exception cref="ArgumentException">There is no class name, or the pixels are not N x 3 x H x W bytes.</exception>
    public LabelledImages(byte[] pixels, int[] labels, int height, int width, IReadOnlyList<string> classNames)
        : this(labels, height, width, classNames)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        ThrowIfPixelsMismatch(pixels, labels.Length, height, width);
        _pixels = pixels;
    }

    /// <summary>Wraps files, whose shorter side is scaled to a size before the centre is cut out.</summary>
    /// <param name="files">The files.</param>
    /// <param name="labels">One class index for each file.</param>
    /// <param name="size">The height and width, at least 1.</param>
    /// <param name="classNames">The name of every class, at least one.</param>
    internal LabelledImages(ImageFiles files, int[] labels, int size, IReadOnlyList<string> classNames)
        : this(labels, size, size, classNames) => Files = files;

    private LabelledImages(int[] labels, int height, int width, IReadOnlyList<string> classNames)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(classNames);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ThrowIfLabelsUnknown(labels, classNames);

        _pixels = [];
        _labels = [.. labels];
        _imageBytes = Channels * height * width;
        Height = height;
        Width = width;
        ClassNames = Array.AsReadOnly(classNames.ToArray());
        Labels = Array.AsReadOnly(_labels);
    }

    /// <summary>The number of images N.</summary>
    public int Count => _labels.Length;

    /// <summary>The height of every image in pixels.</summary>
    public int Height { get; }

    /// <summary>The width of every image in pixels.</summary>
    public int Width { get; }

    /// <summary>The name of every class; a label is an index into this list.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>The class index of every image, from 0 to <c>ClassNames.Count - 1</c>.</summary>
    public IReadOnlyList<int> Labels { get; }

    /// <summary>The files that the images are decoded from each time, or null when they are held in memory.</summary>
    internal ImageFiles? Files { get; }

    /// <summary>Copies the pixels of some images into a new tensor on the CPU, which the caller owns.</summary>
    /// <param name="indices">The images wanted, each from 0 to <c>Count - 1</c>, in any order and with repetitions.</param>
    /// <returns>A tensor [n, 3, H, W] of unsigned bytes for n indices.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An index names no image.</exception>
    /// <exception cref="InvalidDataException">A file cannot be decoded; the message names it.</exception>
    public torch.Tensor Pixels(ReadOnlySpan<int> indices)
    {
        byte[] copy = CopyPixels(indices);
        return torch.tensor(copy, [indices.Length, Channels, Height, Width], dtype: torch.uint8, device: torch.CPU);
    }

    /// <summary>Copies some images and their labels into a set of their own.</summary>
    /// <param name="indices">The images wanted, each from 0 to <c>Count - 1</c>, in any order and with repetitions.</param>
    /// <returns>The images in the order of <paramref name="indices"/>, with the same class names.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An index names no image.</exception>
    public LabelledImages Subset(ReadOnlySpan<int> indices)
    {
        ThrowIfUnknown(indices);
        var labels = new int[indices.Length];
        for (int i = 0; i < labels.Length; i++)
            labels[i] = _labels[indices[i]];
        return Files is null
            ? new LabelledImages(CopyPixels(indices), labels, Height, Width, ClassNames)
            : new LabelledImages(Files.Subset(indices), labels, Height, ClassNames);
    }

    /// <summary>Draws images at random, without repetition and with as equal a number from each class as the set permits.</summary>
    /// <param name="count">The number of images, at least 1; the whole set is returned when it holds no more than this.</param>
    /// <param name="seed">The same seed draws the same images; a larger count then only adds images.</param>
    /// <returns>The images drawn, in the order in which they appear in this set.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is below 1.</exception>
    public LabelledImages Sample(int count, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return count >= Count ? this : Subset(BalancedSample.Draw(_labels, count, seed));
    }

    private byte[] CopyPixels(ReadOnlySpan<int> indices)
    {
        ThrowIfUnknown(indices);
        if (Files is not null)
            return Files.DecodeCentres(indices.ToArray(), Height);

        var copy = new byte[checked(indices.Length * _imageBytes)];
        for (int i = 0; i < indices.Length; i++)
            _pixels.AsSpan(indices[i] * _imageBytes, _imageBytes).CopyTo(copy.AsSpan(i * _imageBytes));
        return copy;
    }

    private void ThrowIfUnknown(ReadOnlySpan<int> indices)
    {
        for (int i = 0; i < indices.Length; i++)
        {
            if ((uint)indices[i] >= (uint)Count)
            {
                string message = $"Indices go from 0 to {Count - 1}; position {i} holds {indices[i]}.";
                throw new ArgumentOutOfRangeException(nameof(indices), indices[i], message);
            }
        }
    }

    private static void ThrowIfLabelsUnknown(int[] labels, IReadOnlyList<string> classNames)
    {
        if (classNames.Count == 0)
            throw new ArgumentException("At least one class name is needed; none was given.", nameof(classNames));

        int position = Array.FindIndex(labels, label => (uint)label >= (uint)classNames.Count);
        if (position >= 0)
        {
            string message = $"Labels go from 0 to {classNames.Count - 1}; position {position} holds {labels[position]}.";
            throw new ArgumentOutOfRangeException(nameof(labels), labels[position], message);
        }
    }

    private static void ThrowIfPixelsMismatch(byte[] pixels, int count, int height, int width)
    {
        long expected = (long)count * Channels * height * width;
        if (pixels.Length != expected)
        {
            string message = $"{count} images of {Channels} x {height} x {width} take {expected} bytes; {pixels.Length} were given.";
            throw new ArgumentException(message, nameof(pixels));
        }
    }
}
