namespace Clamp.Losses.Images;

/// <summary>Decodes an image that a stream holds, on any thread. <c>SkiaImage.Read</c> of the package Clamp.Losses.Images.Skia is one.</summary>
/// <param name="stream">The stream, at the image's first byte; it is left open.</param>
/// <returns>The whole picture; the caller disposes it.</returns>
/// <exception cref="InvalidDataException">The image cannot be decoded.</exception>
public delegate DecodedImage ImageStreamDecoder(Stream stream);
