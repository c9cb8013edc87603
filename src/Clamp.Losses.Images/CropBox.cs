namespace Clamp.Losses.Images;

/// <summary>A rectangle of whole pixels inside an image.</summary>
/// <param name="Top">The first row, from 0.</param>
/// <param name="Left">The first column, from 0.</param>
/// <param name="Height">The number of rows, at least 1.</param>
/// <param name="Width">The number of columns, at least 1.</param>
public readonly record struct CropBox(int Top, int Left, int Height, int Width);
