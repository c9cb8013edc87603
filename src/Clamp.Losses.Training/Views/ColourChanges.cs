using TorchSharp;
using static Clamp.Losses.Tensors.KeptScalars;
using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// torchvision's changes of colour, in place, each image of a batch by its own amount. Images are float32 from 0 to 1, [N, 3, H, W].
/// </summary>
public static class ColourChanges
{
    /// <summary>Keeps the division finite for gray pixels, and is far below the 1/255 between two stored values.</summary>
    private const double SmallestChroma = 1e-12;

    /// <summary>The hues, in sixths of a turn, at which red, green and blue are fullest.</summary>
    private static readonly float[] FullestHues = [0, 2, 4];

    /// <summary>Scales images, as torchvision's <c>adjust_brightness</c>: clamp(f x, 0, 1).</summary>
    /// <param name="images">[N, 3, H, W], float32 from 0 to 1; overwritten.</param>
    /// <param name="factors">[N], at least 0: 0 gives black, 1 changes nothing.</param>
    public static void Brightness(Tensor images, Tensor factors)
    {
        using var scope = NewDisposeScope();
        images.mul_(factors.reshape(-1, 1, 1, 1)).clamp_(Of(0), One);
    }

    /// <summary>Blends images with their mean luminance m, as <c>adjust_contrast</c>: clamp(f x + (1 - f) m, 0, 1).</summary>
    /// <param name="images">[N, 3, H, W], float32 from 0 to 1; overwritten.</param>
    /// <param name="factors">[N], at least 0: 0 gives a uniform gray, 1 changes nothing.</param>
    public static void Contrast(Tensor images, Tensor factors)
    {
        using var scope = NewDisposeScope();
        var f = factors.reshape(-1, 1, 1, 1);
        var mean = Luminance(images).mean([1, 2, 3], keepdim: true);
        images.mul_(f).add_(Rest(f) * mean, One).clamp_(Of(0), One);
    }

    /// <summary>Blends pixels with their luminance y, as <c>adjust_saturation</c>: clamp(f x + (1 - f) y, 0, 1).</summary>
    /// <param name="images">[N, 3, H, W], float32 from 0 to 1; overwritten.</param>
    /// <param name="factors">[N], at least 0: 0 gives grayscale, 1 changes nothing.</param>
    public static void Saturation(Tensor images, Tensor factors)
    {
        using var scope = NewDisposeScope();
        var f = factors.reshape(-1, 1, 1, 1);
        var luminance = Luminance(images);
        images.mul_(f).add_(luminance.mul_(Rest(f)), One).clamp_(Of(0), One);
    }

    /// <summary>Turns the colour circle, as <c>adjust_hue</c>: the hue of HSV moves, saturation and value stay.</summary>
    /// <param name="images">[N, 3, H, W], float32 from 0 to 1; overwritten.</param>
    /// <param name="turns">[N], from -0.5 to 0.5; 0 changes nothing but rounding.</param>
    public static void Hue(Tensor images, Tensor turns)
    {
        using var scope = NewDisposeScope();
        var (red, green, blue) = (images.narrow(1, 0, 1), images.narrow(1, 1, 1), images.narrow(1, 2, 1));
        var value = red.maximum(green).maximum(blue);
        var chroma = value - red.minimum(green).minimum(blue);
        var hue = SixthsOfTurn(red, green, blue, value, chroma).add_(turns.reshape(-1, 1, 1, 1) * Of(6), One);
        hue.sub_(hue.div(Of(6)).floor_().mul_(Of(6)));
        images.copy_(value - Shortfall(hue).mul_(chroma));
    }

    /// <summary>Replaces each channel by the luminance.</summary>
    /// <param name="images">[N, 3, H, W], float32 from 0 to 1; overwritten.</param>
    public static void Grayscale(Tensor images)
    {
        using var scope = NewDisposeScope();
        images.copy_(Luminance(images));
    }

    /// <summary>Inverts bright values, as <c>solarize</c>: 1 - x where x &gt;= threshold.</summary>
    /// <param name="images">[N, C, H, W], float32 from 0 to 1; overwritten.</param>
    /// <param name="threshold">The smallest value that is inverted.</param>
    public static void Solarize(Tensor images, double threshold)
    {
        using var scope = NewDisposeScope();
        using Scalar least = threshold;
        images.copy_(where(images.ge(least), Rest(images), images));
    }

    /// <summary>1 - x.</summary>
    private static Tensor Rest(Tensor x) => x.neg().add_(One, One);

    /// <summary>[N, 1, H, W], with torchvision's weights (ITU-R BT.601): 0.2989 R + 0.587 G + 0.114 B.</summary>
    private static Tensor Luminance(Tensor images)
    {
        using var scope = NewDisposeScope();
        return images.narrow(1, 0, 1).mul(Of(0.2989))
            .add_(images.narrow(1, 1, 1), Of(0.587))
            .add_(images.narrow(1, 2, 1), Of(0.114))
            .MoveToOuterDisposeScope();
    }

    /// <summary>The hue, from -1 to 5: red 0, green 2, blue 4. Gray pixels, which have none, get a finite one.</summary>
    private static Tensor SixthsOfTurn(Tensor red, Tensor green, Tensor blue, Tensor value, Tensor chroma)
    {
        var scale = chroma.clamp_min(Of(SmallestChroma)).reciprocal_();
        var fromRed = (green - blue).mul_(scale);
        var fromGreen = (blue - red).mul_(scale).add_(Of(2), One);
        var fromBlue = (red - green).mul_(scale).add_(Of(4), One);
        return where(red.eq(value), fromRed, where(green.eq(value), fromGreen, fromBlue));
    }

    /// <summary>
    /// By how much of the chroma each channel lies below the value: nothing within one sixth of its fullest hue, all beyond two sixths.
    /// With the hue in [0, 6) the difference lies in [-4, 6), where clamp(min(|difference| - 1, 5 - difference), 0, 1) needs no wrapping.
    /// </summary>
    private static Tensor Shortfall(Tensor hue)
    {
        var difference = hue - tensor(FullestHues, ScalarType.Float32, hue.device).reshape(1, 3, 1, 1);
        return difference.abs().sub_(One).minimum(difference.neg().add_(Of(5), One)).clamp_(Of(0), One);
    }
}
