namespace Clamp.Losses.Training;

/// <summary>Draws the images whose labels semi-supervised training may use.</summary>
public static class LabelledSubset
{
    /// <summary>Draws a share of a training set, as equal a number from each class as the set permits.</summary>
    /// <param name="images">The training set.</param>
    /// <param name="fraction">The share, above 0 and at most 1; at least one image for each class.</param>
    /// <param name="seed">The same seed draws the same images; a larger share then only adds images.</param>
    /// <returns>The positions drawn, ascending.</returns>
    /// <exception cref="InvalidOptionsException">The share is outside its range, or too small for the number of classes.</exception>
    public static int[] Draw(ImageSource images, double fraction, int seed)
    {
        ArgumentNullException.ThrowIfNull(images);
        if (!(fraction is > 0 and <= 1))
        {
            throw new InvalidOptionsException(FormattableString.Invariant($"The labelled share is {fraction}; it must be above 0 and at most 1."));
        }

        var count = (int)Math.Round(fraction * images.Count);
        return count >= images.ClassNames.Count
            ? BalancedSample.Draw(images.Labels, count, seed)
            : throw new InvalidOptionsException(
                $"{count} of {images.Count} training images would be labelled; {images.ClassNames.Count} classes need one each at least.");
    }
}
