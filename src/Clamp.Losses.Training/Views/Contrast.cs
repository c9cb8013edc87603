using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>Blends images with their mean luminance m, as torchvision's <c>adjust_contrast</c>: clamp(f x + (1 - f) m, 0, 1).</summary>
public static class Contrast
{
    /// <summary>Changes images in place.</summary>
    /// <param name="images">[N, 3, H, W], float32 from 0 to 1; overwritten.</param>
    /// <param name="factors">[N], at least 0: 0 gives a uniform gray, 1 changes nothing.</param>
    public static void ApplyTo(Tensor images, Tensor factors)
    {
        using var scope = NewDisposeScope();
        var f = factors.reshape(-1, 1, 1, 1);
        var mean = Grayscale.Luminance(images).mean([1, 2, 3], keepdim: true);
        images.mul_(f).add_((1 - f) * mean).clamp_(0, 1);
    }
}
