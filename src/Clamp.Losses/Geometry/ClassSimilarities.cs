using Clamp.Losses.Geometry;
using static TorchSharp.torch;

namespace Clamp.Losses;

/// <summary>
/// How alike the sub-manifolds of images are whose classes agree, and of images whose classes differ: the distributions of
/// arXiv:2506.13717, over all classes, and with pairs of one class counted within alone.
/// </summary>
/// <param name="Within">Pairs of different images of one class.</param>
/// <param name="Between">Pairs of images of different classes.</param>
public sealed record ClassSimilarities(PairSimilarities Within, PairSimilarities Between)
{
    /// <summary>Measures the views of labelled images, without a graph, in float64.</summary>
    /// <param name="views">
    /// Features of the views, [V, N, F], any floating dtype and device; V and N at least 2. They are taken as they are: cosines are those
    /// seen from the origin.
    /// </param>
    /// <param name="labels">The class of each image, [N], int64, on any device.</param>
    /// <param name="mostPairs">Of more pairs of one kind than this, at least 1, so many are drawn, no pair twice.</param>
    /// <param name="seed">Of the drawing.</param>
    /// <returns>The pairs' figures.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">
    /// A shape or dtype is not as described, or features hold NaN or infinity; the message says what was given.
    /// </exception>
    public static ClassSimilarities Measure(Tensor views, Tensor labels, int mostPairs = 100_000, int seed = 0)
    {
        ArgumentNullException.ThrowIfNull(views);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentOutOfRangeException.ThrowIfLessThan(mostPairs, 1);
        if (views.dim() != 3 || views.shape[0] < 2 || views.shape[1] < 2 || views.shape[2] < 1 || !views.is_floating_point())
        {
            throw new ArgumentException(
                $"Views must be floating-point numbers [V, N, F], with V and N at least 2, not {views.dtype} [{string.Join(", ", views.shape)}].",
                nameof(views));
        }

        var order = LabelOrder.Of(labels, views.shape[1]);
        using var unrecorded = no_grad();
        using var images = ViewDirections.Of(views);
        var (within, between) = (LabelPairs.Within(order), LabelPairs.Between(order));
        return new ClassSimilarities(images.Compare(within, mostPairs, new Random(seed)), images.Compare(between, mostPairs, new Random(seed)));
    }
}
