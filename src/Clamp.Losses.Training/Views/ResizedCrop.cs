using static Clamp.Losses.Tensors.KeptScalars;
using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// Crops each image to its own box, flips it where wanted and resizes it to a square, antialiased: bilinear, torchvision's default, or bicubic.
/// </summary>
/// <remarks>
/// Interpolation is separable, so one [size, H] and one [size, W] matrix of weights an image and two batched matrix products do it all.
/// Weights vanish outside the box: no pixel beyond the crop's border is read, unlike with a sampling grid over the whole image.
/// </remarks>
public static class ResizedCrop
{
    private const int Tries = 10;

    /// <summary>Draws the box of one view as torchvision's <c>RandomResizedCrop.get_params</c> does: ten tries, then the central box that fits.</summary>
    /// <param name="options">Area and aspect ratio.</param>
    /// <param name="random">The stream to draw from.</param>
    /// <param name="height">The image's height, at least 1.</param>
    /// <param name="width">The image's width, at least 1.</param>
    public static CropBox Draw(AugmentationOptions options, KeyedRandom random, int height, int width)
    {
        var logRatioMin = Math.Log(options.AspectRatioMin);
        var logRatioMax = Math.Log(options.AspectRatioMax);
        for (var i = 0; i < Tries; i++)
        {
            var area = (double)height * width * random.Uniform(options.CropScaleMin, options.CropScaleMax);
            var ratio = Math.Exp(random.Uniform(logRatioMin, logRatioMax));
            var w = (int)Math.Round(Math.Sqrt(area * ratio));
            var h = (int)Math.Round(Math.Sqrt(area / ratio));
            if (w > 0 && w <= width && h > 0 && h <= height)
                return new CropBox(random.NextInt(height - h + 1), random.NextInt(width - w + 1), h, w);
        }

        return Central(options, height, width);
    }

    /// <summary>Makes one view of each image.</summary>
    /// <param name="images">[B, C, H, W], float32, any device.</param>
    /// <param name="views">The parameters of the B views; boxes lie inside the images.</param>
    /// <param name="size">Height and width of the views, at least 1.</param>
    /// <param name="interpolation">How they are resized.</param>
    /// <returns>[B, C, size, size], a new tensor.</returns>
    public static Tensor Apply(
        Tensor images, IReadOnlyList<ViewParameters> views, int size, Interpolation interpolation = Interpolation.Bilinear)
    {
        using var scope = NewDisposeScope();
        var (batch, channels, height, width) = (images.shape[0], images.shape[1], images.shape[2], images.shape[3]);
        var rows = Weights([.. views.Select(v => (v.Crop.Top, v.Crop.Height, false))], height, size, interpolation, images.device);
        var columns = Weights([.. views.Select(v => (v.Crop.Left, v.Crop.Width, v.Flip))], width, size, interpolation, images.device);

        var narrowed = images.reshape(batch, channels * height, width).bmm(columns.transpose(1, 2));
        var perChannel = rows.unsqueeze(1).expand(batch, channels, size, height).reshape(batch * channels, size, height);
        return perChannel.bmm(narrowed.reshape(batch * channels, height, size))
            .reshape(batch, channels, size, size)
            .MoveToOuterDisposeScope();
    }

    private static CropBox Central(AugmentationOptions options, int height, int width)
    {
        var ratio = Math.Clamp((double)width / height, options.AspectRatioMin, options.AspectRatioMax);
        var w = Math.Clamp((int)Math.Round(height * ratio), 1, width);
        var h = Math.Clamp((int)Math.Round(width / ratio), 1, height);
        return new CropBox((height - h) / 2, (width - w) / 2, h, w);
    }

    /// <summary>
    /// Output pixel s lies at first + (s + 1/2) * length / size, and input pixel t at t + 1/2. The weight falls to 0 over one
    /// input pixel (bicubic: two), or over as many output pixels where these are wider, and weights over the box's pixels sum to 1.
    /// </summary>
    private static Tensor Weights((int First, int Length, bool Reversed)[] boxes, long inputSize, int size, Interpolation interpolation, Device device)
    {
        var first = Column(boxes, b => b.First, device);
        var last = Column(boxes, b => b.First + b.Length, device);
        var origin = Column(boxes, b => b.Reversed ? b.First + b.Length : b.First, device);
        var step = Column(boxes, b => (b.Reversed ? -b.Length : b.Length) / (float)size, device);

        var inputs = Centres(inputSize, device);
        var outputs = Centres(size, device).unsqueeze(1);
        var distances = inputs.sub(origin.add(step * outputs, One)).abs_().div_(step.abs().clamp_min_(One));
        var weights = interpolation == Interpolation.Bicubic ? Cubic(distances) : distances.neg_().add_(One, One).clamp_min_(Of(0));
        weights.mul_(inputs.gt(first).logical_and_(inputs.lt(last)));
        return weights.div_(weights.sum(-1, keepdim: true));
    }

    private static Tensor Centres(long pixels, Device device) =>
        arange(Of(0), Of(pixels), One, ScalarType.Float32, device).add_(Of(0.5), One);

    /// <summary>Keys' cubic of parameter -0.5.</summary>
    private static Tensor Cubic(Tensor x)
    {
        var near = x.mul(Of(1.5)).sub_(Of(2.5)).mul_(x).mul_(x).add_(One, One);
        var far = x.mul(Of(-0.5)).add_(Of(2.5), One).mul_(x).sub_(Of(4)).mul_(x).add_(Of(2), One);
        return where(x.lt(One), near, where(x.lt(Of(2)), far, zeros_like(x)));
    }

    private static Tensor Column<TBox>(TBox[] boxes, Func<TBox, float> value, Device device) =>
        tensor([.. boxes.Select(value)], ScalarType.Float32, device).reshape(-1, 1, 1);
}
