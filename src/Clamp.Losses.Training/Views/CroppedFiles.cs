namespace Clamp.Losses.Training;

/// <summary>Takes the crops of a batch's views from whole pictures, reading each file once.</summary>
/// <param name="files">The files.</param>
/// <param name="augmentation">Draws the crops.</param>
/// <param name="views">The number of views V.</param>
/// <param name="size">Height and width S of the views.</param>
internal sealed class CroppedFiles(FileImages files, MultiViewAugmentation augmentation, int views, int size)
{
    private readonly int _cropBytes = ImageSource.Channels * size * size;

    /// <summary>The bytes of a batch's crops.</summary>
    /// <param name="images">The number of images B.</param>
    public long BytesOf(int images) => (long)views * images * _cropBytes;

    /// <summary>Crops a batch; any thread may call it, as no tensor is made.</summary>
    /// <param name="batch">The files.</param>
    /// <param name="epoch">The epoch.</param>
    /// <param name="crops">Receives the crops: bytes of [V, B, 3, S, S].</param>
    /// <param name="stop">Ends the work early.</param>
    /// <returns>For each of the V views, the parameters of its B crops.</returns>
    /// <exception cref="InvalidDataException">A file cannot be decoded; the message names it.</exception>
    public ViewParameters[][] Crop(int[] batch, int epoch, PixelBuffer crops, CancellationToken stop)
    {
        ViewParameters[][] parameters = [.. Enumerable.Range(0, views).Select(_ => new ViewParameters[batch.Length])];
        files.Decode(
            batch,
            (i, image) =>
            {
                for (int view = 0; view < views; view++)
                {
                    var drawn = augmentation.Parameters(batch[i], epoch, view, image.Height, image.Width);
                    var planes = crops.At(((long)view * batch.Length + i) * _cropBytes, _cropBytes);
                    image.CopyCrop(drawn.Crop, drawn.Flip, size, planes);
                    parameters[view][i] = drawn;
                }
            },
            stop);
        return parameters;
    }
}
