using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Embeddings;

/// <summary>A data set, its training images first: train/0, train/1 and so on, then test/0.</summary>
/// <param name="set">The data set.</param>
internal sealed class DatasetToEmbed(ImageSplits set) : ImagesToEmbed(Describe(set), set.Train.Height, set.Train.Width)
{
    /// <inheritdoc/>
    public override IEnumerable<string> Identity => Parts(set).Select(part => $"{part.Name} {part.Images.Count} {part.Images.Fingerprint()}");

    /// <inheritdoc/>
    public override byte[] Planes(int[] batch, Action<int, Exception> broken, CancellationToken cancellation)
    {
        var train = set.Train.Count;
        return [.. Pixels(set.Train, [.. batch.Where(i => i < train)]), .. Pixels(set.Test, [.. batch.Where(i => i >= train).Select(i => i - train)])];
    }

    private static byte[] Pixels(ImageSource? images, int[] indices)
    {
        if (indices.Length == 0)
        {
            return [];
        }

        using var pixels = images!.Pixels(indices);
        return pixels.bytes.ToArray();
    }

    private static IEnumerable<(string Name, ImageSource Images)> Parts(ImageSplits set) =>
        set.Test is null ? [("train", set.Train)] : [("train", set.Train), ("test", set.Test)];

    private static EmbeddedImages Describe(ImageSplits set) => new(
        [.. Parts(set).SelectMany(part => Enumerable.Range(0, part.Images.Count).Select(i => $"{part.Name}/{i}"))],
        set.Train.HasLabels ? [.. Parts(set).SelectMany(part => part.Images.Labels.Select(label => part.Images.ClassNames[label]))] : null);
}
