using System.Security.Cryptography;
using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// RGB images of one size, with or without labels: what views are made of, and what encoders are scored on. <see cref="MemoryImages"/>
/// holds them as bytes, <see cref="FileImages"/> decodes them each time that they are needed, and a class of yours may fetch them from
/// anywhere else.
/// </summary>
/// <remarks>Instances never change after construction and may be read from several threads at once.</remarks>
public abstract class ImageSource
{
    /// <summary>The number of colour planes of every image: red, green, blue.</summary>
    public const int Channels = 3;

    private readonly int[]? _labels;

    /// <summary>Describes the images.</summary>
    /// <param name="count">The number of images N.</param>
    /// <param name="height">The height H of every image in pixels, at least 1.</param>
    /// <param name="width">The width W of every image in pixels, at least 1.</param>
    /// <param name="labels">One class index for each image, from 0 to <c>classNames.Count - 1</c>; null without labels. Copied.</param>
    /// <param name="classNames">The name of every class, at least one; null without labels.</param>
    /// <exception cref="ArgumentOutOfRangeException">The height or width is below 1, or a label names no class.</exception>
    /// <exception cref="ArgumentException">There are labels and no class name, or not as many labels as images.</exception>
    protected ImageSource(int count, int height, int width, IReadOnlyList<int>? labels = null, IReadOnlyList<string>? classNames = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        (Count, Height, Width) = (count, height, width);
        if (labels is null)
            return;

        ArgumentNullException.ThrowIfNull(classNames);
        if (labels.Count != count)
            throw new ArgumentException($"{labels.Count} labels were given for {count} images; one each is needed.", nameof(labels));
        _labels = [.. labels];
        ThrowIfLabelsUnknown(_labels, classNames, nameof(labels));
        ClassNames = Array.AsReadOnly(classNames.ToArray());
    }

    /// <summary>The number of images N.</summary>
    public int Count { get; }

    /// <summary>The height of every image in pixels.</summary>
    public int Height { get; }

    /// <summary>The width of every image in pixels.</summary>
    public int Width { get; }

    /// <summary>Whether the images have labels. Pretraining needs none; what scores an encoder does.</summary>
    public bool HasLabels => _labels is not null;

    /// <summary>The class index of every image, from 0 to <c>ClassNames.Count - 1</c>.</summary>
    /// <exception cref="InvalidOperationException">The images have no labels.</exception>
    public IReadOnlyList<int> Labels => _labels is null
        ? throw new InvalidOperationException($"These {Count} images have no labels; pretraining needs none, but a score does.")
        : Array.AsReadOnly(_labels);

    /// <summary>The name of every class; a label is an index into this list. Empty without labels.</summary>
    public IReadOnlyList<string> ClassNames { get; } = [];

    /// <summary>Copies the pixels of some images into a new tensor on the CPU, which the caller owns.</summary>
    /// <param name="indices">The images wanted, each from 0 to <c>Count - 1</c>, in any order and with repetitions.</param>
    /// <returns>A tensor [n, 3, H, W] of unsigned bytes for n indices.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An index names no image.</exception>
    /// <exception cref="InvalidDataException">An image cannot be decoded; the message names it.</exception>
    public abstract Tensor Pixels(ReadOnlySpan<int> indices);

    /// <summary>Makes a source of some images, with their labels where there are any.</summary>
    /// <param name="indices">The images wanted, each from 0 to <c>Count - 1</c>, in any order and with repetitions.</param>
    /// <returns>The images in the order of <paramref name="indices"/>, with the same class names.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An index names no image.</exception>
    public abstract ImageSource Subset(ReadOnlySpan<int> indices);

    /// <summary>The path of the file of an image, by which a list may name it; null where images are not of files.</summary>
    /// <param name="index">The image.</param>
    internal virtual string? PathOf(int index) => null;

    /// <summary>The SHA-256 of the pixels of up to 256 images, evenly spaced: whether a run goes on with the images that it began with.</summary>
    /// <returns>64 hexadecimal digits.</returns>
    /// <exception cref="InvalidDataException">An image cannot be decoded; the message names it.</exception>
    public string Fingerprint()
    {
        var looked = Math.Min(Count, 256);
        using var pixels = Pixels([.. Enumerable.Range(0, looked).Select(i => (int)((long)i * Count / looked))]);
        return Convert.ToHexString(SHA256.HashData(pixels.bytes));
    }

    /// <summary>
    /// Draws images at random, without repetition and, where there are labels, with as equal a number from each class as the set permits.
    /// </summary>
    /// <param name="count">The number of images, at least 1; the whole set is returned when it holds no more than this.</param>
    /// <param name="seed">The same seed draws the same images; a larger count then only adds images.</param>
    /// <returns>The images drawn, in the order in which they appear in this set.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is below 1.</exception>
    public ImageSource Sample(int count, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return count >= Count ? this : Subset(BalancedSample.Draw(_labels ?? new int[Count], count, seed));
    }

    /// <summary>The labels of some images.</summary>
    /// <param name="indices">The images.</param>
    /// <returns>As many labels, or null without labels.</returns>
    protected int[]? LabelsOf(ReadOnlySpan<int> indices)
    {
        if (_labels is null)
            return null;
        var labels = new int[indices.Length];
        for (int i = 0; i < labels.Length; i++)
            labels[i] = _labels[indices[i]];
        return labels;
    }

    /// <summary>Checks indices before they are used.</summary>
    /// <param name="indices">The indices.</param>
    /// <exception cref="ArgumentOutOfRangeException">An index names no image.</exception>
    protected void ThrowIfUnknown(ReadOnlySpan<int> indices)
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

    private static void ThrowIfLabelsUnknown(int[] labels, IReadOnlyList<string> classNames, string parameter)
    {
        if (classNames.Count == 0)
            throw new ArgumentException("At least one class name is needed; none was given.", nameof(classNames));
        int position = Array.FindIndex(labels, label => (uint)label >= (uint)classNames.Count);
        if (position >= 0)
        {
            string message = $"Labels go from 0 to {classNames.Count - 1}; position {position} holds {labels[position]}.";
            throw new ArgumentOutOfRangeException(parameter, labels[position], message);
        }
    }
}
