namespace Clamp.Losses.Samples.Augmentation;

/// <summary>One of the changes that <see cref="ColourJitter"/> makes.</summary>
public enum JitterStep
{
    /// <summary>See <see cref="Augmentation.Brightness"/>.</summary>
    Brightness,

    /// <summary>See <see cref="Augmentation.Contrast"/>.</summary>
    Contrast,

    /// <summary>See <see cref="Augmentation.Saturation"/>.</summary>
    Saturation,

    /// <summary>See <see cref="Augmentation.Hue"/>.</summary>
    Hue,
}
