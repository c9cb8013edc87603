using Clamp.Losses.Packing;
using static TorchSharp.torch;

namespace Clamp.Losses.Geometry;

/// <summary>Images in the order of their labels, so that each class is one run of them.</summary>
/// <param name="Images">Which image stands at each place.</param>
/// <param name="Classes">The classes that have images, by ascending label.</param>
internal sealed record LabelOrder(long[] Images, IReadOnlyList<LabelOrder.Class> Classes)
{
    /// <summary>Orders labels, equal ones by place.</summary>
    /// <param name="labels">[N], int64, on any device.</param>
    /// <param name="images">N.</param>
    /// <exception cref="ArgumentException">Shape or dtype are not as described.</exception>
    public static LabelOrder Of(Tensor labels, long images)
    {
        if (labels.dim() != 1 || labels.shape[0] != images || labels.dtype != ScalarType.Int64)
        {
            throw new ArgumentException(
                $"Labels must be Int64 [{images}], one for each image, not {labels.dtype} [{string.Join(", ", labels.shape)}].", nameof(labels));
        }

        var groups = TensorMemory.Longs(labels)
            .Select((label, image) => (Label: label, Image: (long)image))
            .GroupBy(pair => pair.Label, pair => pair.Image)
            .OrderBy(group => group.Key)
            .ToArray();
        var (classes, first) = (new List<Class>(), 0);
        foreach (var group in groups)
        {
            classes.Add(new Class(group.Key, first, group.Count()));
            first += classes[^1].Count;
        }

        return new LabelOrder([.. groups.SelectMany(group => group)], classes);
    }

    /// <summary>The images of a class.</summary>
    /// <param name="run">One of <see cref="Classes"/>.</param>
    public long[] ImagesOf(Class run) => Images[run.First..(run.First + run.Count)];

    /// <summary>A run of images with one label.</summary>
    /// <param name="Label">The label.</param>
    /// <param name="First">The place of its first image.</param>
    /// <param name="Count">How many images it has, at least 1.</param>
    internal readonly record struct Class(long Label, int First, int Count);
}
