using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>Scales images, as torchvision's <c>adjust_brightness</c>: clamp(f x, 0, 1).</summary>
public static class Brightness
{
    /// <summary>Changes images in place.</summary>
    /// <param name="images">[N, 3, H, W], float32 from 0 to 1; overwritten.</param>
    /// <param name="factors">[N], at least 0: 0 gives black, 1 changes nothing.</param>
    public static void ApplyTo(Tensor images, Tensor factors)
    {
        using var scope = NewDisposeScope();
        images.mul_(factors.reshape(-1, 1, 1, 1)).clamp_(0, 1);
    }
}
