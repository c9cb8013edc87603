namespace Clamp.Losses.Training;

/// <summary>The patterns that a <see cref="ShapeTexture"/> can have.</summary>
internal enum TexturePattern
{
    Striped,
    Dotted,
    Checkered,
    Wavy,
    Shaded,
}
