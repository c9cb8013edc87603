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
    /// <param name="ahead">How many batches of image files are prepared ahead, at least 0; each takes V B 3 S S bytes.</param>
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
    /// once and before the next is asked for. Leaving the enumeration early stops the work in the background.
    /// </returns>
    public IEnumerable<Func<Tensor>> Load(IEnumerable<int[]> batches, int epoch) => _files is null
        ? batches.Select(batch => new Func<Tensor>(() => Augment(batch, epoch)))
        : Ahead.Of(batches, (batch, stop) => _files.Crop(batch, epoch, stop), _ahead)
            .Select(prepared => new Func<Tensor>(() => Finish(prepared.Result, epoch)));

    private Tensor Augment(int[] batch, int epoch)
    {
        using var scope = NewDisposeScope();
        var samples = Array.ConvertAll(batch, index => (long)index);
        return _augmentation.Views(_images.Pixels(batch).to(_device), samples, epoch, _views, _images.Height).MoveToOuterDisposeScope();
    }

    private Tensor Finish(Task<CroppedBatch> prepared, int epoch)
    {
        using var scope = NewDisposeScope();
        var crops = prepared.GetAwaiter().GetResult();
        var pixels = tensor(crops.Pixels, [_views, crops.Parameters[0].Length, 3, _images.Height, _images.Width], uint8, CPU);
        return _augmentation.Finish(pixels.to(_device), crops.Parameters, epoch).MoveToOuterDisposeScope();
    }
}
