using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Analysis;

/// <summary>The images of an analysis.</summary>
/// <param name="Shown">Those that are looked at: test images; where there are none, images held out, or else training images.</param>
/// <param name="Kind">Which of these they are, in words.</param>
/// <param name="Kept">Training images that are not held out: the probe learns from them, and neighbours are found among them.</param>
/// <param name="HeldOut">Images held out of the training, on which the probe's learning rate is chosen; null for none.</param>
/// <param name="Trained">All images that were trained on.</param>
internal sealed record AnalysedImages(ImageSource Shown, string Kind, ImageSource Kept, ImageSource? HeldOut, ImageSource Trained)
{
    /// <summary>Whether they have labels.</summary>
    public bool HasLabels => Shown.HasLabels;

    /// <summary>Chooses them.</summary>
    /// <param name="images">The images of the run.</param>
    /// <param name="options">How many.</param>
    /// <param name="seed">The run's seed: two runs of one seed show the same images.</param>
    public static AnalysedImages Choose(ImageSplits images, AnalysisOptions options, int seed)
    {
        var trained = images.Kept;
        var (shown, kind) = images.Test is { } test ? (test, "test images")
            : images.Validation is { } heldOut ? (heldOut, "training images that were held out, as there are no test images")
            : (trained, "training images, as none are held out and there are no test images");
        if (shown.Count < 20)
        {
            throw new InvalidOptionsException($"There are {shown.Count} {kind}; an analysis needs 20: name more by --data-root, --test-manifest or --validation-share.");
        }

        return new AnalysedImages(
            shown.Sample(options.Images, seed), kind, trained.Sample(options.TrainImages, seed), images.Validation?.Sample(options.TrainImages, seed), trained);
    }

    /// <summary>The name of an image's class; empty without labels.</summary>
    public static string NameOf(ImageSource images, int index) => images.HasLabels ? images.ClassNames[images.Labels[index]] : "";
}
