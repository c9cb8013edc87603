namespace Clamp.Losses.Images;

/// <summary>How an image is resized; always antialiased, as torchvision's <c>antialias=True</c> and PIL.</summary>
public enum Interpolation
{
    /// <summary>Weights fall linearly over one pixel.</summary>
    Bilinear,

    /// <summary>Keys' cubic of parameter -0.5 over two pixels; sharper, and it may overshoot.</summary>
    Bicubic,
}
