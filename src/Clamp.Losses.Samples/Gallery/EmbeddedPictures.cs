using Clamp.Losses.Images.Skia;
using Clamp.Losses.Samples.Embeddings;
using Clamp.Losses.Samples.Pictures;
using Clamp.Losses.Training;
using SkiaSharp;

namespace Clamp.Losses.Samples.Gallery;

/// <summary>The images of a file of embeddings, as small pictures of their centre squares, which are what an encoder sees.</summary>
/// <param name="images">Whose embeddings they are.</param>
/// <param name="root">The folder that their names begin at; null where there are no files.</param>
internal sealed class EmbeddedPictures(EmbeddedImages images, string? root)
{
    private const int Size = 148;
    private const int Quality = 82;

    /// <summary>An image; without a picture where its file is missing or cannot be decoded.</summary>
    /// <param name="row">Which.</param>
    public GalleryImage At(int row) =>
        new(images.Names[row], images.Labels?[row], root is null ? null : Of(Path.Combine(root, images.Names[row])));

    /// <summary>The picture of a file, as JPEG; null where it is missing or cannot be decoded.</summary>
    /// <param name="path">The file.</param>
    public static byte[]? Of(string path)
    {
        try
        {
            using var bitmap = Thumbnails.Bitmap(new FileImages([path], Size, SkiaImage.Read), 0);
            using var jpeg = bitmap.Encode(SKEncodedImageFormat.Jpeg, Quality);
            return jpeg.ToArray();
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
