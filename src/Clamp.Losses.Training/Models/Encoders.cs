namespace Clamp.Losses.Training;

/// <summary>Makes the encoders of <see cref="EncoderKind"/>.</summary>
public static class Encoders
{
    /// <summary>An encoder with fresh random weights.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="smallStem">As for <see cref="ResNet.ResNet18"/>.</param>
    /// <param name="stemPadding">As for <see cref="ResNet.ResNet18"/>.</param>
    /// <returns>The encoder; the caller owns it.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="kind"/> is not one of the known, or the padding not 1 or 2.</exception>
    public static ResNet Create(EncoderKind kind, bool smallStem = true, int stemPadding = 1) => kind switch
    {
        EncoderKind.Tiny => ResNet.Tiny(smallStem: smallStem, stemPadding: stemPadding),
        EncoderKind.ResNet18 => ResNet.ResNet18(smallStem, stemPadding),
        EncoderKind.ResNet34 => ResNet.ResNet34(smallStem, stemPadding),
        EncoderKind.ResNet50 => ResNet.ResNet50(smallStem, stemPadding),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, $"Known encoders: {string.Join(", ", Enum.GetNames<EncoderKind>())}."),
    };
}
