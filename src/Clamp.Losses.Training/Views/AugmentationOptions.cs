namespace Clamp.Losses.Training;

/// <summary>
/// How views are made: random resized crop, horizontal flip, colour jitter, grayscale, blur and solarization, in this order. The defaults
/// are SimCLR's CIFAR-10 recipe (Chen et al., arXiv:2002.05709: jitter of strength 0.5, no blur) with a larger smallest crop.
/// </summary>
public sealed record AugmentationOptions
{
    private const string Share = "from 0 to 1";
    private const string Strength = "a finite number of at least 0";

    /// <summary>The smallest crop, as a fraction of the image's area. 0 &lt; value &lt;= <see cref="CropScaleMax"/>; default 0.2.</summary>
    public double CropScaleMin { get; set; } = 0.2;

    /// <summary>The largest crop, as a fraction of the image's area. <see cref="CropScaleMin"/> &lt;= value &lt;= 1; default 1.</summary>
    public double CropScaleMax { get; set; } = 1.0;

    /// <summary>
    /// The smallest width / height of a crop, drawn log-uniformly.
    /// 0 &lt; value &lt;= <see cref="AspectRatioMax"/>; default 3/4.
    /// </summary>
    public double AspectRatioMin { get; set; } = 3.0 / 4.0;

    /// <summary>The largest width / height of a crop. At least <see cref="AspectRatioMin"/>; default 4/3.</summary>
    public double AspectRatioMax { get; set; } = 4.0 / 3.0;

    /// <summary>The probability of a horizontal flip, from 0 to 1; default 0.5.</summary>
    public double FlipProbability { get; set; } = 0.5;

    /// <summary>The probability of colour jitter, from 0 to 1; default 0.8.</summary>
    public double JitterProbability { get; set; } = 0.8;

    /// <summary>Brightness factors are uniform in [max(0, 1 - value), 1 + value]. At least 0 (off); default 0.4.</summary>
    public double Brightness { get; set; } = 0.4;

    /// <summary>Contrast factors are uniform in [max(0, 1 - value), 1 + value]. At least 0 (off); default 0.4.</summary>
    public double Contrast { get; set; } = 0.4;

    /// <summary>Saturation factors are uniform in [max(0, 1 - value), 1 + value]. At least 0 (off); default 0.4.</summary>
    public double Saturation { get; set; } = 0.4;

    /// <summary>Hue shifts are uniform in [-value, value] turns of the colour circle. From 0 (off) to 0.5; default 0.1.</summary>
    public double Hue { get; set; } = 0.1;

    /// <summary>The probability of grayscale, from 0 to 1; default 0.2.</summary>
    public double GrayscaleProbability { get; set; } = 0.2;

    /// <summary>The probability of a Gaussian blur, from 0 to 1; default 0.</summary>
    public double BlurProbability { get; set; }

    /// <summary>
    /// The smallest standard deviation of the blur in output pixels.
    /// 0 &lt; value &lt;= <see cref="BlurSigmaMax"/>; default 0.1.
    /// </summary>
    public double BlurSigmaMin { get; set; } = 0.1;

    /// <summary>The largest standard deviation of the blur in output pixels. At least <see cref="BlurSigmaMin"/>; default 2.</summary>
    public double BlurSigmaMax { get; set; } = 2.0;

    /// <summary>The probability of solarization, from 0 to 1; default 0.</summary>
    public double SolarizeProbability { get; set; }

    /// <summary>Solarization inverts values at or above this one, of values from 0 to 1. From 0 to 1; default 0.5.</summary>
    public double SolarizeThreshold { get; set; } = 0.5;

    /// <summary>The augmentation of supervised training: the same crops and flips, without changes of colour.</summary>
    /// <returns>New options.</returns>
    public AugmentationOptions CropsAndFlips() =>
        this with { JitterProbability = 0, GrayscaleProbability = 0, BlurProbability = 0, SolarizeProbability = 0 };

    /// <summary>Throws when a value cannot be used, listing every one.</summary>
    /// <exception cref="ArgumentException">Values are out of range.</exception>
    public void Validate() => OptionRules.Check(Rules);

    internal IEnumerable<string> Faults() => OptionRules.Faults(Rules);

    private IEnumerable<(bool Broken, string Name, object Given, string Allowed)> Rules =>
    [
        (!(CropScaleMin > 0 && CropScaleMin <= CropScaleMax), nameof(CropScaleMin), CropScaleMin, $"above 0 and at most {nameof(CropScaleMax)}"),
        (!(CropScaleMax <= 1), nameof(CropScaleMax), CropScaleMax, "at most 1"),
        (
            !(AspectRatioMin > 0 && AspectRatioMin <= AspectRatioMax),
            nameof(AspectRatioMin),
            AspectRatioMin,
            $"above 0 and at most {nameof(AspectRatioMax)}"),
        (!double.IsFinite(AspectRatioMax), nameof(AspectRatioMax), AspectRatioMax, "finite"),
        (!IsShare(FlipProbability), nameof(FlipProbability), FlipProbability, Share),
        (!IsShare(JitterProbability), nameof(JitterProbability), JitterProbability, Share),
        (!IsStrength(Brightness), nameof(Brightness), Brightness, Strength),
        (!IsStrength(Contrast), nameof(Contrast), Contrast, Strength),
        (!IsStrength(Saturation), nameof(Saturation), Saturation, Strength),
        (!(Hue is >= 0 and <= 0.5), nameof(Hue), Hue, "from 0 to 0.5"),
        (!IsShare(GrayscaleProbability), nameof(GrayscaleProbability), GrayscaleProbability, Share),
        (!IsShare(BlurProbability), nameof(BlurProbability), BlurProbability, Share),
        (!(BlurSigmaMin > 0 && BlurSigmaMin <= BlurSigmaMax), nameof(BlurSigmaMin), BlurSigmaMin, $"above 0 and at most {nameof(BlurSigmaMax)}"),
        (!double.IsFinite(BlurSigmaMax), nameof(BlurSigmaMax), BlurSigmaMax, "finite"),
        (!IsShare(SolarizeProbability), nameof(SolarizeProbability), SolarizeProbability, Share),
        (!IsShare(SolarizeThreshold), nameof(SolarizeThreshold), SolarizeThreshold, Share),
    ];

    private static bool IsShare(double value) => value is >= 0 and <= 1;

    private static bool IsStrength(double value) => value >= 0 && double.IsFinite(value);
}
