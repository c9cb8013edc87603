namespace Clamp.Losses.Images;

/// <summary>How many images an encoder is given at once.</summary>
public static class ImageBatches
{
    private const int Most = 500;
    private const int Least = 16;

    // What a batch of 64 images of 224 pixels has: a large network's activations take a few hundred MB then.
    private const int MostPixels = 64 * 224 * 224;

    /// <summary>Batches of sizes that differ by one at most, so that none is left with a single image, and smaller where images are large.</summary>
    /// <param name="count">The number of images, at least 0.</param>
    /// <param name="height">The height of each in pixels, at least 1.</param>
    /// <param name="width">The width of each in pixels, at least 1.</param>
    /// <returns>The numbers of the images of each batch, in order; none of no images.</returns>
    public static IEnumerable<int[]> Of(int count, int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        var most = Math.Clamp(MostPixels / ((long)height * width), Least, Most);
        var batches = (int)((count + most - 1) / most);
        int Start(int batch) => (int)((long)count * batch / batches);
        return Enumerable.Range(0, batches).Select(batch => Enumerable.Range(Start(batch), Start(batch + 1) - Start(batch)).ToArray());
    }
}
