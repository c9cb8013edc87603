using static TorchSharp.torch;

namespace Clamp.Losses;

/// <summary>Brings the accepted shapes of embeddings to [V, B, D], and says what is wrong with the others.</summary>
internal static class EmbeddingShape
{
    private const string Expected = "[V, B, D], or [V*B, D] with ClampLossOptions.Views set";

    /// <summary>Embeddings as [V, B, D]: the same tensor or a view of it.</summary>
    /// <param name="embeddings">[V, B, D], or [V*B, D] when <paramref name="views"/> is given.</param>
    /// <param name="views">V, when known.</param>
    /// <param name="leastImages">The least B.</param>
    public static Tensor ViewMajor(Tensor embeddings, int? views, int leastImages)
    {
        ArgumentNullException.ThrowIfNull(embeddings);
        ThrowIfNotFloating(embeddings, nameof(embeddings));
        var viewMajor = embeddings.dim() switch
        {
            3 => embeddings,
            2 when views is { } count => Unflattened(embeddings, count),
            2 => throw Invalid(embeddings, $"Two dimensions are not enough without ClampLossOptions.Views; expected {Expected}."),
            _ => throw Invalid(embeddings, $"Expected {Expected}."),
        };
        ThrowIfTooSmall(embeddings, viewMajor, views, leastImages);
        return viewMajor;
    }

    /// <summary>Rejects what is not [V, B, D], for the losses that take no other shape.</summary>
    /// <param name="embeddings">The tensor.</param>
    /// <param name="leastImages">The least B.</param>
    public static void ThrowIfNotViewMajor(Tensor embeddings, int leastImages)
    {
        ArgumentNullException.ThrowIfNull(embeddings);
        ThrowIfNotFloating(embeddings, nameof(embeddings));
        if (embeddings.dim() != 3)
        {
            throw Invalid(embeddings, "Expected [V, B, D].");
        }

        ThrowIfTooSmall(embeddings, embeddings, expectedViews: null, leastImages);
    }

    /// <summary>The least B: two images make a pair, and a process of several need not have both.</summary>
    /// <param name="group">The processes.</param>
    public static int LeastImages(IProcessGroup group) => group.WorldSize > 1 ? 1 : 2;

    /// <summary>V tensors of [B, D] as one of [V, B, D].</summary>
    /// <param name="views">The views.</param>
    public static Tensor Stacked(IReadOnlyList<Tensor> views)
    {
        ArgumentNullException.ThrowIfNull(views);
        if (views.Count < 2)
        {
            throw new ArgumentException($"The number of views is {views.Count}; it must be at least 2.", nameof(views));
        }

        for (int v = 0; v < views.Count; v++)
        {
            ThrowIfUnlikeFirst(views, v);
        }

        return stack(views);
    }

    /// <summary>Rejects dtypes and layouts that the loss is not defined for.</summary>
    /// <param name="embeddings">The tensor.</param>
    /// <param name="parameter">Its name in the message.</param>
    public static void ThrowIfNotFloating(Tensor embeddings, string parameter)
    {
        if (embeddings.dtype is not (ScalarType.Float64 or ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16))
        {
            throw new ArgumentException(
                $"The embeddings' dtype is {embeddings.dtype}; it must be Float64, Float32, Float16 or BFloat16.", parameter);
        }

        if (embeddings.is_sparse)
        {
            throw new ArgumentException("The embeddings are sparse; they must be dense.", parameter);
        }
    }

    private static Tensor Unflattened(Tensor embeddings, int views)
    {
        long rows = embeddings.shape[0];
        return rows % views == 0
            ? embeddings.unflatten(0, views, rows / views)
            : throw Invalid(embeddings, $"The number of rows, {rows}, is not divisible by ClampLossOptions.Views, which is {views}.");
    }

    private static void ThrowIfTooSmall(Tensor embeddings, Tensor viewMajor, int? expectedViews, int leastImages)
    {
        var (views, images, width) = (viewMajor.shape[0], viewMajor.shape[1], viewMajor.shape[2]);
        if (expectedViews is { } expected && views != expected)
        {
            throw Invalid(embeddings, $"It has {views} views, but ClampLossOptions.Views is {expected}.");
        }

        if (views < 2 || images < leastImages || width < 1)
        {
            var became = embeddings.dim() == 2 ? $"As ClampLossOptions.Views is {views}, it is {Text(viewMajor)}. " : "";
            throw Invalid(embeddings, $"{became}As [views, images, width], it needs at least 2 views, {leastImages} image{(leastImages == 1 ? "" : "s")} and a width of 1.");
        }
    }

    private static void ThrowIfUnlikeFirst(IReadOnlyList<Tensor> views, int v)
    {
        var (first, view) = (views[0], views[v]);
        if (view is null)
        {
            throw new ArgumentException($"View {v} is null.", nameof(views));
        }

        if (view.dim() != 2)
        {
            throw new ArgumentException($"View {v} has shape {Text(view)}; each view must be [B, D].", nameof(views));
        }

        ThrowIfNotFloating(view, nameof(views));
        if (!view.shape.SequenceEqual(first.shape) || view.dtype != first.dtype || view.device.ToString() != first.device.ToString())
        {
            throw new ArgumentException(
                $"View {v} is {Text(view)} {view.dtype} on {view.device}; view 0 is {Text(first)} {first.dtype} on {first.device}; "
                + "all views must have the same shape, dtype and device.",
                nameof(views));
        }
    }

    private static ArgumentException Invalid(Tensor embeddings, string why) =>
        new($"The embeddings' shape is {Text(embeddings)}. {why}", nameof(embeddings));

    private static string Text(Tensor tensor) => $"[{string.Join(", ", tensor.shape)}]";
}
