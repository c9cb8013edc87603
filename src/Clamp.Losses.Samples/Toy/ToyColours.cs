namespace Clamp.Losses.Samples.Toy;

/// <summary>
/// Ten colours that people with any colour vision can tell apart: Paul Tol's nine muted ones, and the orange of Okabe and Ito.
/// </summary>
public static class ToyColours
{
    /// <summary>The colours as 0xRRGGBB, one for each image.</summary>
    public static IReadOnlyList<uint> All { get; } =
        Array.AsReadOnly<uint>([0x332288, 0xE69F00, 0x44AA99, 0xCC6677, 0x88CCEE, 0x117733, 0xAA4499, 0xDDCC77, 0x882255, 0x999933]);
}
