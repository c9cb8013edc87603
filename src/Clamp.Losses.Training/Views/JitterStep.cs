namespace Clamp.Losses.Training;

/// <summary>One of the changes that <see cref="ColourJitter"/> makes.</summary>
public enum JitterStep
{
    /// <summary>See <see cref="Training.Brightness"/>.</summary>
    Brightness,

    /// <summary>See <see cref="Training.Contrast"/>.</summary>
    Contrast,

    /// <summary>See <see cref="Training.Saturation"/>.</summary>
    Saturation,

    /// <summary>See <see cref="Training.Hue"/>.</summary>
    Hue,
}
