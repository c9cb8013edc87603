using Clamp.Losses.Samples.Pictures;
using Clamp.Losses.Training;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Analysis;

/// <summary>Views of training images exactly as the network was shown them in its first epoch.</summary>
internal static class SampleViews
{
    private const int MostViews = 8;
    private const int Images = 6;

    /// <summary>Makes the rows: an image, then its views, brought back from what normalisation made of them.</summary>
    /// <param name="trained">All images that were trained on, in their order.</param>
    /// <param name="options">The run's.</param>
    public static IReadOnlyList<TileRow> Of(ImageSource trained, RunOptions options)
    {
        int[] chosen = [.. Enumerable.Range(0, Math.Min(Images, trained.Count)).Select(i => (int)((long)i * trained.Count / Images))];
        var loader = new ViewLoader(trained, options.CreateAugmentation(), options.Views, CPU, ahead: 0);
        using var scope = NewDisposeScope();
        var views = options.Normalisation.Invert(loader.Load([chosen], epoch: 0).Select(make => make()).Single());
        var images = trained.Pixels(chosen);
        return [.. chosen.Select((image, i) => new TileRow(
            trained.HasLabels ? AnalysedImages.NameOf(trained, image) : $"image {image}",
            [
                new Tile(Thumbnails.Address(images[i]), "the image"),
                .. Enumerable.Range(0, Math.Min(MostViews, options.Views)).Select(view => new Tile(Thumbnails.Address(views[view][i]), $"view {view + 1}")),
            ]))];
    }
}
