namespace Clamp.Losses.Packing;

/// <summary>The sizes of embeddings [V, B, D], and where their images stand in the batch of all processes.</summary>
/// <param name="Views">V.</param>
/// <param name="Images">B, of this process.</param>
/// <param name="Width">D.</param>
/// <param name="FirstImage">How many images the processes before this one have.</param>
/// <param name="AllImages">How many images all processes have.</param>
internal readonly record struct BatchShape(int Views, int Images, int Width, int FirstImage, int AllImages)
{
    /// <summary>A batch of one process.</summary>
    /// <param name="views">V.</param>
    /// <param name="images">B.</param>
    /// <param name="width">D.</param>
    public BatchShape(int views, int images, int width)
        : this(views, images, width, FirstImage: 0, images)
    {
    }

    /// <summary>V * B.</summary>
    public long Rows => (long)Views * Images;

    /// <summary>V times the images of all processes.</summary>
    public long AllRows => (long)Views * AllImages;

    /// <summary>V * B * D.</summary>
    public long Numbers => Rows * Width;
}
