using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>Blends pixels with their luminance y, as torchvision's <c>adjust_saturation</c>: clamp(f x + (1 - f) y, 0, 1).</summary>
public static class Saturation
{
    /// <summary>Changes images in place.</summary>
    /// <param name="images">[N, 3, H, W], float32 from 0 to 1; overwritten.</param>
    /// <param name="factors">[N], at least 0: 0 gives grayscale, 1 changes nothing.</param>
    public static void ApplyTo(Tensor images, Tensor factors)
    {
        using var scope = NewDisposeScope();
        var f = factors.reshape(-1, 1, 1, 1);
        var luminance = Grayscale.Luminance(images);
        images.mul_(f).add_(luminance.mul_(1 - f)).clamp_(0, 1);
    }
}
