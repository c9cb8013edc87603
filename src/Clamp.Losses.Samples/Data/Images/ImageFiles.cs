using System.Runtime.ExceptionServices;

namespace Clamp.Losses.Samples.Data.Images;

/// <summary>Image files that are decoded, several at once, each time that they are needed.</summary>
/// <param name="paths">The files.</param>
internal sealed class ImageFiles(string[] paths)
{
    /// <summary>The number of files.</summary>
    public int Count => paths.Length;

    /// <summary>Chooses some of the files.</summary>
    /// <param name="indices">Those wanted, in any order and with repetitions.</param>
    /// <returns>The files in the order of <paramref name="indices"/>.</returns>
    public ImageFiles Subset(ReadOnlySpan<int> indices)
    {
        var chosen = new string[indices.Length];
        for (int i = 0; i < chosen.Length; i++)
        {
            chosen[i] = paths[indices[i]];
        }

        return new ImageFiles(chosen);
    }

    /// <summary>Decodes files on all cores.</summary>
    /// <param name="indices">The files wanted.</param>
    /// <param name="use">Called on any thread for each position in <paramref name="indices"/>; the image is disposed after that.</param>
    /// <param name="stop">Ends the work early.</param>
    /// <exception cref="InvalidDataException">A file cannot be decoded; the message names it.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public void Decode(int[] indices, Action<int, DecodedImage> use, CancellationToken stop = default)
    {
        try
        {
            Parallel.For(0, indices.Length, new ParallelOptions { CancellationToken = stop }, i =>
            {
                using var image = DecodedImage.Read(paths[indices[i]]);
                use(i, image);
            });
        }
        catch (AggregateException exception)
        {
            ExceptionDispatchInfo.Throw(exception.InnerExceptions[0]);
        }
    }

    /// <summary>Decodes the squares that evaluation sees.</summary>
    /// <param name="indices">The files wanted.</param>
    /// <param name="size">The height and width to which the shorter side is scaled before the centre is cut out.</param>
    /// <returns>Bytes of [n, 3, size, size].</returns>
    /// <exception cref="InvalidDataException">A file cannot be decoded; the message names it.</exception>
    public byte[] DecodeCentres(int[] indices, int size)
    {
        int imageBytes = LabelledImages.Channels * size * size;
        var pixels = new byte[checked(indices.Length * imageBytes)];
        Decode(indices, (i, image) => image.CopyCentre(size, pixels.AsSpan(i * imageBytes, imageBytes)));
        return pixels;
    }
}
