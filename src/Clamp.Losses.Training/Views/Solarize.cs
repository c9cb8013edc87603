using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>Inverts bright values, as torchvision's <c>solarize</c>: 1 - x where x &gt;= threshold.</summary>
public static class Solarize
{
    /// <summary>Changes images in place.</summary>
    /// <param name="images">[N, C, H, W], float32 from 0 to 1; overwritten.</param>
    /// <param name="threshold">The smallest value that is inverted.</param>
    public static void ApplyTo(Tensor images, double threshold)
    {
        using var scope = NewDisposeScope();
        images.copy_(where(images.ge(threshold), 1 - images, images));
    }
}
