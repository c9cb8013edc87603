using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>Brightness, contrast, saturation and hue by each sample's own amounts, as torchvision's <c>ColorJitter</c>.</summary>
/// <remarks>
/// torchvision also draws the order of the four for each image. Here the order is drawn for each (seed, epoch, view) and shared by all
/// samples, so that a batch stays one batch; being independent of the batch, it keeps views reproducible.
/// </remarks>
public static class ColourJitter
{
    /// <summary>The order of the four steps for one view of an epoch, each of the 24 equally likely.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="epoch">The epoch.</param>
    /// <param name="view">The view's number, at least 0.</param>
    public static IReadOnlyList<JitterStep> Order(int seed, int epoch, int view)
    {
        // No view has a negative number, so this stream is nobody else's.
        var random = new KeyedRandom(seed, epoch, 0, ~view);
        var order = Enum.GetValues<JitterStep>();
        random.Shuffle(order.AsSpan());
        return order;
    }

    /// <summary>Changes images in place. Steps that change no image are skipped.</summary>
    /// <param name="images">[N, 3, H, W], float32 from 0 to 1; overwritten.</param>
    /// <param name="views">The parameters of the N views.</param>
    /// <param name="order">The steps to take, first to last.</param>
    public static void ApplyTo(Tensor images, IReadOnlyList<ViewParameters> views, IReadOnlyList<JitterStep> order)
    {
        foreach (var step in order)
            ApplyTo(images, views, step);
    }

    private static void ApplyTo(Tensor images, IReadOnlyList<ViewParameters> views, JitterStep step)
    {
        var amounts = views.Select(view => (float)Amount(view, step)).ToArray();
        if (amounts.All(amount => amount == Neutral(step)))
            return;

        using var onDevice = tensor(amounts, ScalarType.Float32, images.device);
        Apply(step)(images, onDevice);
    }

    private static double Amount(in ViewParameters view, JitterStep step) => step switch
    {
        JitterStep.Brightness => view.Brightness,
        JitterStep.Contrast => view.Contrast,
        JitterStep.Saturation => view.Saturation,
        _ => view.Hue,
    };

    private static float Neutral(JitterStep step) => step == JitterStep.Hue ? 0 : 1;

    private static Action<Tensor, Tensor> Apply(JitterStep step) => step switch
    {
        JitterStep.Brightness => ColourChanges.Brightness,
        JitterStep.Contrast => ColourChanges.Contrast,
        JitterStep.Saturation => ColourChanges.Saturation,
        _ => ColourChanges.Hue,
    };
}

/// <summary>One of the changes that <see cref="ColourJitter"/> makes.</summary>
public enum JitterStep
{
    /// <summary>See <see cref="ColourChanges.Brightness"/>.</summary>
    Brightness,

    /// <summary>See <see cref="ColourChanges.Contrast"/>.</summary>
    Contrast,

    /// <summary>See <see cref="ColourChanges.Saturation"/>.</summary>
    Saturation,

    /// <summary>See <see cref="ColourChanges.Hue"/>.</summary>
    Hue,
}
