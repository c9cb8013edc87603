namespace Clamp.Losses.Training;

/// <summary>The parts of a data set, which share their image size and class names.</summary>
/// <param name="Train">The images to learn from, with those that are held out.</param>
/// <param name="Test">The images to measure on at the very end, none of which are in the train part; null where there are none.</param>
public sealed record ImageSplits(ImageSource Train, ImageSource? Test = null)
{
    /// <summary>
    /// The positions in <see cref="Train"/>, ascending, of the images that are held out: whatever is chosen is chosen on these, never on
    /// <see cref="Test"/>. Empty for none.
    /// </summary>
    public IReadOnlyList<int> HeldOut { get; private init; } = [];

    /// <summary>What to know about these images, in sentences: such as that a published set is here in part. Results repeat it.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The training images that are not held out.</summary>
    public ImageSource Kept => HeldOut.Count == 0 ? Train : Train.Subset([.. Enumerable.Range(0, Train.Count).Except(HeldOut)]);

    /// <summary>The training images that are held out, or null for none.</summary>
    public ImageSource? Validation => HeldOut.Count == 0 ? null : Train.Subset([.. HeldOut]);

    /// <summary>Holds a share of the training images out, the same share of each class where there are labels.</summary>
    /// <param name="share">From 0, for none, to below 1.</param>
    /// <param name="seed">The same seed holds out the same images.</param>
    /// <returns>The same images; how many are held out is rounded: it may be none of few, and is never all.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The share is outside its range.</exception>
    public ImageSplits HoldOut(double share, int seed)
    {
        if (!(share is >= 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(share), share, "The share held out must be at least 0 and below 1.");

        var labels = Train.HasLabels ? Train.Labels : new int[Train.Count];
        return this with { HeldOut = StratifiedSample.Draw(labels, Math.Min((int)Math.Round(share * Train.Count), Train.Count - 1), seed) };
    }
}
