namespace Clamp.Losses.Images;

/// <summary>How evaluation sees a picture of any size: scaled, then its centre.</summary>
/// <param name="Resize">What the shorter side is scaled to, in pixels, at least the side of the centre; 0 for just that.</param>
/// <param name="Interpolation">How it is scaled.</param>
public sealed record CentreCrop(int Resize = 0, Interpolation Interpolation = Interpolation.Bilinear);
