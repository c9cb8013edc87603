namespace Clamp.Losses.Samples.Models;

/// <summary>Makes the encoders of <see cref="EncoderKind"/>.</summary>
public static class Encoders
{
    /// <summary>An encoder with fresh random weights.</summary>
    /// <param name="kind">Which.</param>
    /// <returns>The encoder; the caller owns it.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="kind"/> is not one of the known.</exception>
    public static ResNet Create(EncoderKind kind) => kind switch
    {
        EncoderKind.Tiny => ResNet.Tiny(),
        EncoderKind.ResNet18 => ResNet.ResNet18(smallStem: true),
        EncoderKind.ResNet50 => ResNet.ResNet50(smallStem: true),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, $"Known encoders: {string.Join(", ", Enum.GetNames<EncoderKind>())}."),
    };
}
