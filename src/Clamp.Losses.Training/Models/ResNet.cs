using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Clamp.Losses.Training;

/// <summary>
/// A residual network (He et al., arXiv:1512.03385) that ends in the pooled features: torchvision's architecture, initialisation and
/// state-dict names (<c>conv1</c>, <c>bn1</c>, <c>layer1.0.conv1</c>, ..., <c>layer2.0.downsample.0</c>) without the classifier <c>fc</c>.
/// </summary>
public sealed class ResNet : Module<Tensor, Tensor>
{
    private const int ImageChannels = 3;
    private static readonly int[] StageWidths = [64, 128, 256, 512];

    [ComponentName(Name = "conv1")]
    private readonly Conv2d _conv1;

    [ComponentName(Name = "bn1")]
    private readonly SyncBatchNorm _bn1;

    private readonly Sequential[] _stages;
    private readonly bool _smallStem;

    private ResNet(string name, Func<int, int, int, ResidualBlock> block, int[] depths, int[] widths, bool smallStem, int stemPadding)
        : base(name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(stemPadding, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(stemPadding, 2);
        _smallStem = smallStem;
        _conv1 = smallStem
            ? Conv2d(ImageChannels, widths[0], 3, padding: stemPadding, bias: false)
            : Conv2d(ImageChannels, widths[0], 7, stride: 2, padding: 3, bias: false);
        _bn1 = new SyncBatchNorm(widths[0]);
        RegisterComponents();

        FeatureWidth = widths[0];
        _stages = new Sequential[depths.Length];
        for (var i = 0; i < depths.Length; i++)
        {
            _stages[i] = Stage(block, depths[i], widths[i], stride: i == 0 ? 1 : 2);
            register_module($"layer{i + 1}", _stages[i]);
        }

        InitialiseConvolutions();
    }

    /// <summary>The width of the features that <see cref="forward"/> returns.</summary>
    public int FeatureWidth { get; private set; }

    /// <summary>ResNet-18: 11.2 million weights, 512 features.</summary>
    /// <param name="smallStem">
    /// True for images of about 32 pixels: a 3x3 convolution of stride 1, and no max-pool. False for ImageNet's stem: a 7x7 convolution of
    /// stride 2 and a 3x3 max-pool of stride 2.
    /// </param>
    /// <param name="stemPadding">
    /// The small stem's padding: 1 keeps height and width, 2, which the paper (arXiv:2506.13717) trains with, adds two pixels to each.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="stemPadding"/> is not 1 or 2.</exception>
    public static ResNet ResNet18(bool smallStem = false, int stemPadding = 1) =>
        new(nameof(ResNet18), Basic, [2, 2, 2, 2], StageWidths, smallStem, stemPadding);

    /// <summary>ResNet-34: 21.3 million weights, 512 features.</summary>
    /// <param name="smallStem">As for <see cref="ResNet18"/>.</param>
    /// <param name="stemPadding">As for <see cref="ResNet18"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="stemPadding"/> is not 1 or 2.</exception>
    public static ResNet ResNet34(bool smallStem = false, int stemPadding = 1) =>
        new(nameof(ResNet34), Basic, [3, 4, 6, 3], StageWidths, smallStem, stemPadding);

    /// <summary>ResNet-50: 23.5 million weights, 2048 features.</summary>
    /// <param name="smallStem">As for <see cref="ResNet18"/>.</param>
    /// <param name="stemPadding">As for <see cref="ResNet18"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="stemPadding"/> is not 1 or 2.</exception>
    public static ResNet ResNet50(bool smallStem = false, int stemPadding = 1) =>
        new(nameof(ResNet50), Bottleneck, [3, 4, 6, 3], StageWidths, smallStem, stemPadding);

    /// <summary>
    /// A network for a CPU's patience: three stages of one <see cref="BasicBlock"/>, each twice as wide as the last.
    /// </summary>
    /// <param name="width">The width of the first stage, at least 1; the features are four times as wide.</param>
    /// <param name="smallStem">As for <see cref="ResNet18"/>.</param>
    /// <param name="stemPadding">As for <see cref="ResNet18"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="width"/> is below 1, or <paramref name="stemPadding"/> is not 1 or 2.
    /// </exception>
    public static ResNet Tiny(int width = 16, bool smallStem = true, int stemPadding = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        int[] widths = [width, 2 * width, 4 * width];
        return new(nameof(Tiny), Basic, [1, 1, 1], widths, smallStem, stemPadding);
    }

    /// <summary>Encodes images.</summary>
    /// <param name="images">
    /// [N, 3, H, W], normalised, on the weights' device. Convolutions compute in their type: bfloat16 images make a bfloat16 forward and
    /// backward, while weights, their gradients and the batch-norm statistics stay in float32.
    /// </param>
    /// <returns>The features averaged over positions, [N, <see cref="FeatureWidth"/>], of the weights' type.</returns>
    /// <exception cref="ArgumentException"><paramref name="images"/> has another shape.</exception>
    public override Tensor forward(Tensor images)
    {
        ArgumentNullException.ThrowIfNull(images);
        if (images.dim() != 4 || images.shape[1] != ImageChannels)
        {
            var given = string.Join(", ", images.shape);
            throw new ArgumentException($"Images of shape [{given}] given; allowed: [N, {ImageChannels}, H, W].", nameof(images));
        }

        using var scope = NewDisposeScope();
        var x = _bn1.call(_conv1.Convolve(InFastestLayout(images))).relu_();
        if (!_smallStem)
            x = functional.max_pool2d(x, [3, 3], strides: [2, 2], padding: [1, 1]);
        foreach (var stage in _stages)
            x = stage.call(x);
        return x.mean([2, 3], type: _conv1.weight.dtype).MoveToOuterDisposeScope();
    }

    // A CPU's convolutions and batch norms are faster where a pixel's channels lie side by side; what they make stays so. TorchSharp 0.107
    // has no memory format, but libtorch goes by the strides.
    private static Tensor InFastestLayout(Tensor images) =>
        images.device.type == TorchSharp.DeviceType.CPU ? images.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2) : images;

    private static BasicBlock Basic(int inputWidth, int width, int stride) => new(inputWidth, width, stride);

    private static Bottleneck Bottleneck(int inputWidth, int width, int stride) => new(inputWidth, width, stride);

    private Sequential Stage(Func<int, int, int, ResidualBlock> block, int depth, int width, int stride)
    {
        var blocks = new ResidualBlock[depth];
        for (var i = 0; i < depth; i++)
        {
            blocks[i] = block(FeatureWidth, width, i == 0 ? stride : 1);
            FeatureWidth = blocks[i].OutputWidth;
        }

        return Sequential(blocks);
    }

    /// <summary>He initialisation by fan-out; batch norms start as the identity already.</summary>
    private void InitialiseConvolutions()
    {
        foreach (var convolution in modules().OfType<Conv2d>())
            init.kaiming_normal_(convolution.weight, mode: init.FanInOut.FanOut, nonlinearity: init.NonlinearityType.ReLU);
    }
}
