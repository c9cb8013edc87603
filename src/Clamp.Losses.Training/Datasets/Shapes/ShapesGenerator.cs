namespace Clamp.Losses.Training;

/// <summary>
/// Draws a data set that needs no download: textured shapes on textured backgrounds, among clutter. The class is the
/// outline of the shape together with the kind of its pattern; colours, contrast, size, position, rotation (by up to 30 degrees), the
/// pattern's direction and period, and everything around the shape are random.
/// </summary>
public static class ShapesGenerator
{
    /// <summary>The smallest image size at which the outlines can be told apart.</summary>
    public const int MinSize = 16;

    private const int MaxSize = 512;

    // Keys the order of classes apart from the pictures, whose keys have the same first two parts.
    private const int ClassOrderKey = 1;
    private const int PictureKey = 2;

    /// <summary>The names of the 12 classes, in the order of the labels.</summary>
    public static IReadOnlyList<string> ClassNames { get; } = [.. ShapeClass.All.Select(shape => shape.Name)];

    /// <summary>Draws consecutive images of the endless sequence that belongs to a seed.</summary>
    /// <param name="count">The number of images, at least 1.</param>
    /// <param name="size">The height and width in pixels, from 16 to 512; 32 is the intended size.</param>
    /// <param name="seed">Chooses the sequence.</param>
    /// <param name="firstIndex">
    /// The position in the sequence of the first image, at least 0. Ranges that do not overlap, as for train and test,
    /// share no image; at multiples of 12 the classes are balanced from the start.
    /// </param>
    /// <returns>
    /// The images, each of which depends on the seed, the size and its position alone. Every 12 consecutive images from
    /// a position that is a multiple of 12 hold each class once, in random order.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range, or the range of images ends
    /// beyond <see cref="int.MaxValue"/>.</exception>
    public static MemoryImages Generate(int count, int size, int seed, int firstIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, MinSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, MaxSize);
        ArgumentOutOfRangeException.ThrowIfNegative(firstIndex);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstIndex, int.MaxValue - count);

        int imageBytes = ImageSource.Channels * size * size;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Array.MaxLength / imageBytes);
        var pixels = new byte[count * imageBytes];
        var labels = new int[count];
        Parallel.For(0, count, i =>
        {
            int index = firstIndex + i;
            labels[i] = ClassOf(index, seed);
            var scene = new ShapeScene(ShapeClass.All[labels[i]], new KeyedRandom(seed, index, PictureKey));
            scene.Paint(pixels.AsSpan(i * imageBytes, imageBytes), size);
        });
        return new MemoryImages(pixels, labels, size, size, ClassNames);
    }

    private static int ClassOf(int index, int seed)
    {
        int[] order = [.. Enumerable.Range(0, ClassNames.Count)];
        new KeyedRandom(seed, index / order.Length, ClassOrderKey).Shuffle(order.AsSpan());
        return order[index % order.Length];
    }
}
