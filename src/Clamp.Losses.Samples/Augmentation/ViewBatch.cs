using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Augmentation;

/// <summary>A batch whose views can be had.</summary>
/// <param name="count">The number of images B.</param>
/// <param name="views">Makes the views.</param>
public sealed class ViewBatch(int count, Func<Tensor> views)
{
    /// <summary>The number of images B.</summary>
    public int Count { get; } = count;

    /// <summary>Makes the views, after waiting for what is still prepared in the background; to be called once.</summary>
    /// <returns>[V, B, 3, S, S], float32, normalised: the caller's to dispose.</returns>
    /// <exception cref="InvalidDataException">An image file cannot be decoded; the message names it.</exception>
    public Tensor Views() => views();
}
