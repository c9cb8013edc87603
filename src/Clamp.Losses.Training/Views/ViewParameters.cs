namespace Clamp.Losses.Training;

/// <summary>What is done to one sample to make one view of it.</summary>
/// <param name="Crop">The box that is resized to the view.</param>
/// <param name="Flip">Whether left and right are swapped.</param>
/// <param name="Jitter">Whether the four colour changes that follow apply.</param>
/// <param name="Brightness">The brightness factor, at least 0; 1 changes nothing.</param>
/// <param name="Contrast">The contrast factor, at least 0; 1 changes nothing.</param>
/// <param name="Saturation">The saturation factor, at least 0; 1 changes nothing.</param>
/// <param name="Hue">The hue shift in turns, from -0.5 to 0.5; 0 changes nothing.</param>
/// <param name="Grayscale">Whether colour is removed.</param>
/// <param name="Blur">Whether the view is blurred.</param>
/// <param name="BlurSigma">The blur's standard deviation in pixels of the view, above 0.</param>
/// <param name="Solarize">Whether bright values are inverted.</param>
public readonly record struct ViewParameters(
    CropBox Crop,
    bool Flip,
    bool Jitter,
    double Brightness,
    double Contrast,
    double Saturation,
    double Hue,
    bool Grayscale,
    bool Blur,
    double BlurSigma,
    bool Solarize)
{
    /// <summary>
    /// Draws the parameters of one view. Every number is drawn whatever the options, so that switching one off moves no other.
    /// </summary>
    /// <param name="options">The distributions.</param>
    /// <param name="random">The view's stream.</param>
    /// <param name="height">The image's height, at least 1.</param>
    /// <param name="width">The image's width, at least 1.</param>
    public static ViewParameters Draw(AugmentationOptions options, KeyedRandom random, int height, int width)
    {
        var flip = random.Bernoulli(options.FlipProbability);
        var jitter = random.Bernoulli(options.JitterProbability);
        var brightness = Factor(random, options.Brightness);
        var contrast = Factor(random, options.Contrast);
        var saturation = Factor(random, options.Saturation);
        var hue = random.Uniform(-options.Hue, options.Hue);
        var grayscale = random.Bernoulli(options.GrayscaleProbability);
        var blur = random.Bernoulli(options.BlurProbability);
        var blurSigma = random.Uniform(options.BlurSigmaMin, options.BlurSigmaMax);
        var solarize = random.Bernoulli(options.SolarizeProbability);

        // The crop comes last: how many numbers it takes depends on how many tries it needs.
        var crop = ResizedCrop.Draw(options, random, height, width);
        return new ViewParameters(crop, flip, jitter, brightness, contrast, saturation, hue, grayscale, blur, blurSigma, solarize);
    }

    private static double Factor(KeyedRandom random, double strength) =>
        random.Uniform(Math.Max(0, 1 - strength), 1 + strength);
}
