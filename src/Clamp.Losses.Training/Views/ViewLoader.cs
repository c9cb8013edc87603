using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// Makes the views of one batch after another. Images in memory are augmented on the training device when their turn comes. Image files
/// are decoded and cropped on all cores while earlier batches train, each file once for all its views; the device does the rest. Views
/// are the same whatever the number of cores.
/// </summary>
public sealed class ViewLoader
{
    /// <summary>How many batches of image files are prepared ahead, unless told otherwise.</summary>
    public const int DefaultAhead = 2;

    private readonly ImageSource _images;
    private readonly MultiViewAugmentation _augmentation;
    private readonly int _views;
    private readonly Device _device;
    private readonly int _ahead;
    private readonly CroppedFiles? _files;

    /// <summary>Creates a loader.</summary>
    /// <param name="images">The images; their size is that of the views.</param>
    /// <param name="augmentation">Makes the views.</param>
    /// <param name="views">The number of views V, at least 1.</param>
    /// <param name="device">Where the views are wanted.</param>
    /// <param name="ahead">
    /// How many batches of image files are prepared ahead, at least 0; each takes V B 3 S S bytes, and so does the one in use.
    /// </param>
    public ViewLoader(ImageSource images, MultiViewAugmentation augmentation, int views, Device device, int ahead = DefaultAhead)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(augmentation);
        ArgumentOutOfRangeException.ThrowIfLessThan(views, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(ahead);
        (_images, _augmentation, _views, _device, _ahead) = (images, augmentation, views, device, ahead);
        _files = images is FileImages files ? new CroppedFiles(files, augmentation, views, images.Height) : null;
    }

    /// <summary>Prepares batches in their order.</summary>
    /// <param name="batches">The images of each batch.</param>
    /// <param name="epoch">The epoch, at least 0.</param>
    /// <returns>
    /// As many batches, each of which makes its views [V, B, 3, S, S], float32, normalised, the caller's to dispose, when it is called,
    /// once and before the next is asked for. Leaving the enumeration early, or by an exception, stops the work in the background, waits
    /// for its end and frees its memory.
    /// </returns>
    public IEnumerable<Func<Tensor>> Load(IEnumerable<int[]> batches, int epoch) => _files is null
        ? batches.Select(batch => new Func<Tensor>(() => Augment(batch, epoch)))
        : LoadFiles(_files, batches, epoch);

    // One buffer for each batch ahead and one for that in use; the ring outlives all work on it.
    private IEnumerable<Func<Tensor>> LoadFiles(CroppedFiles files, IEnumerable<int[]> batches, int epoch)
    {
        using var ring = new CropRing(_ahead + 1);
        var items = batches.Select(batch => (Images: batch, Crops: ring.Next(files.BytesOf(batch.Length))));
        foreach (var (batch, parameters) in Ahead.Of(items, (item, stop) => files.Crop(item.Images, epoch, item.Crops, stop), _ahead))
        {
            var isCurrent = true;
            yield return () => isCurrent
                ? Finish(batch.Crops.Pixels, parameters.GetAwaiter().GetResult(), epoch)
                : throw new InvalidOperationException("A batch was called for after the next one: its memory holds other crops already.");
            isCurrent = false;

            // The buffer comes round again, so a batch that nobody called for must not still be cropped into it.
            Task.WaitAny(parameters);
        }
    }

    private Tensor Augment(int[] batch, int epoch)
    {
        using var scope = NewDisposeScope();
        var samples = Array.ConvertAll(batch, index => (long)index);
        return _augmentation.Views(_images.Pixels(batch).to(_device), samples, epoch, _views, _images.Height).MoveToOuterDisposeScope();
    }

    private Tensor Finish(Tensor buffer, ViewParameters[][] parameters, int epoch)
    {
        using var scope = NewDisposeScope();
        long[] shape = [_views, parameters[0].Length, ImageSource.Channels, _images.Height, _images.Width];
        var crops = buffer.narrow(0, 0, shape.Aggregate((a, b) => a * b)).view(shape);
        return _augmentation.Finish(crops.to(_device), parameters, epoch).MoveToOuterDisposeScope();
    }
}
