namespace Clamp.Losses.Images;

/// <summary>
/// Decodes an image file, on any thread. <c>SkiaImage.Read</c> of the package Clamp.Losses.Images.Skia is one; another library's takes
/// a class derived from <see cref="DecodedImage"/>.
/// </summary>
/// <param name="path">The file.</param>
/// <returns>The whole picture; the caller disposes it.</returns>
/// <exception cref="InvalidDataException">The file cannot be decoded; the message names it.</exception>
public delegate DecodedImage ImageDecoder(string path);
