using Clamp.Losses.Samples.Data;

namespace Clamp.Losses.Samples.Augmentation;

/// <summary>A rectangle of whole pixels inside an image.</summary>
/// <param name="Top">The first row, from 0.</param>
/// <param name="Left">The first column, from 0.</param>
/// <param name="Height">The number of rows, at least 1.</param>
/// <param name="Width">The number of columns, at least 1.</param>
public readonly record struct CropBox(int Top, int Left, int Height, int Width)
{
    private const int Tries = 10;

    /// <summary>Draws a box as torchvision's <c>RandomResizedCrop.get_params</c> does: ten tries, then the central box that fits.</summary>
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

    private static CropBox Central(AugmentationOptions options, int height, int width)
    {
        var ratio = Math.Clamp((double)width / height, options.AspectRatioMin, options.AspectRatioMax);
        var w = Math.Clamp((int)Math.Round(height * ratio), 1, width);
        var h = Math.Clamp((int)Math.Round(width / ratio), 1, height);
        return new CropBox((height - h) / 2, (width - w) / 2, h, w);
    }
}
