using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>Brings images to another size, antialiased, as torchvision's <c>Resize</c> of a square image.</summary>
public static class ResizedImages
{
    private const int BatchSize = 500;

    /// <summary>Resizes every image of a set to a square.</summary>
    /// <param name="images">The images.</param>
    /// <param name="size">The new height and width in pixels, at least 1.</param>
    /// <param name="interpolation">How they are resized.</param>
    /// <returns>The set itself where it has this size already, otherwise a new one, in bytes.</returns>
    public static ImageSource To(ImageSource images, int size, Interpolation interpolation = Interpolation.Bilinear)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        if (images.Height == size && images.Width == size)
        {
            return images;
        }

        var pixels = Enumerable.Range(0, images.Count).Chunk(BatchSize).SelectMany(batch => Resized(images, batch, size, interpolation)).ToArray();
        return images.HasLabels
            ? new MemoryImages(pixels, [.. images.Labels], size, size, images.ClassNames)
            : new MemoryImages(pixels, size, size);
    }

    private static byte[] Resized(ImageSource images, int[] batch, int size, Interpolation interpolation)
    {
        using var scope = NewDisposeScope();
        var whole = new ViewParameters { Crop = new CropBox(0, 0, images.Height, images.Width) };
        var resized = ResizedCrop.Apply(images.Pixels(batch).to(float32), Enumerable.Repeat(whole, batch.Length).ToList(), size, interpolation);
        return resized.round_().clamp_(0, byte.MaxValue).to(uint8).data<byte>().ToArray();
    }
}
