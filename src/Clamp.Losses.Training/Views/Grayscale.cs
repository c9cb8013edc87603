using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>Removes colour, with torchvision's weights (ITU-R BT.601).</summary>
public static class Grayscale
{
    /// <summary>Replaces each channel by the luminance, in place.</summary>
    /// <param name="images">[N, 3, H, W], float32 from 0 to 1; overwritten.</param>
    public static void ApplyTo(Tensor images)
    {
        using var scope = NewDisposeScope();
        images.copy_(Luminance(images));
    }

    /// <summary>The luminance 0.2989 R + 0.587 G + 0.114 B.</summary>
    /// <param name="images">[N, 3, H, W], float32.</param>
    /// <returns>[N, 1, H, W], a new tensor.</returns>
    public static Tensor Luminance(Tensor images)
    {
        using var scope = NewDisposeScope();
        return images.narrow(1, 0, 1).mul(0.2989)
            .add_(images.narrow(1, 1, 1), 0.587)
            .add_(images.narrow(1, 2, 1), 0.114)
            .MoveToOuterDisposeScope();
    }
}
