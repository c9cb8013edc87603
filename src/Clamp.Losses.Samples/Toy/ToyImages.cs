using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Toy;

/// <summary>Chooses the images of the toy.</summary>
public static class ToyImages
{
    /// <summary>How many images, and classes, there are.</summary>
    public const int Count = 10;

    /// <summary>One image of each of the first ten classes, in the order of the classes.</summary>
    /// <param name="images">Images with labels.</param>
    /// <param name="seed">The same seed chooses the same images.</param>
    /// <returns>Ten images.</returns>
    /// <exception cref="InvalidOptionsException">There are no labels, or images of fewer than ten classes.</exception>
    public static ImageSource Choose(ImageSource images, int seed)
    {
        ArgumentNullException.ThrowIfNull(images);
        var classes = images.HasLabels ? images.Labels.Distinct().Count() : 0;
        if (classes < Count)
        {
            throw new InvalidOptionsException($"The toy shows one image of each of {Count} classes; these {images.Count} images have {classes} classes.");
        }

        var one = images.Sample(classes, seed);
        return one.Subset([.. Enumerable.Range(0, classes).OrderBy(i => one.Labels[i]).Take(Count)]);
    }
}
