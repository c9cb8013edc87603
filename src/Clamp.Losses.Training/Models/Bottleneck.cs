using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Clamp.Losses.Training;

/// <summary>
/// The block of ResNet-50 and deeper: 1x1, 3x3 and 1x1 convolutions, the last four times wider. The 3x3 one strides, as in torchvision.
/// </summary>
public sealed class Bottleneck : ResidualBlock
{
    private const int Expansion = 4;

    [ComponentName(Name = "conv1")]
    private readonly Conv2d _conv1;

    [ComponentName(Name = "bn1")]
    private readonly SyncBatchNorm _bn1;

    [ComponentName(Name = "conv2")]
    private readonly Conv2d _conv2;

    [ComponentName(Name = "bn2")]
    private readonly SyncBatchNorm _bn2;

    [ComponentName(Name = "conv3")]
    private readonly Conv2d _conv3;

    [ComponentName(Name = "bn3")]
    private readonly SyncBatchNorm _bn3;

    /// <summary>Creates the block with fresh weights.</summary>
    /// <param name="inputWidth">Channels of the input, at least 1.</param>
    /// <param name="width">Channels of the 3x3 convolution, at least 1; the output has four times as many.</param>
    /// <param name="stride">The factor by which height and width shrink, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A width or the stride is below 1.</exception>
    public Bottleneck(int inputWidth, int width, int stride = 1)
        : base(nameof(Bottleneck), inputWidth, width * Expansion, stride)
    {
        _conv1 = Conv2d(inputWidth, width, 1, bias: false);
        _bn1 = new SyncBatchNorm(width);
        _conv2 = Conv2d(width, width, 3, stride, padding: 1, bias: false);
        _bn2 = new SyncBatchNorm(width);
        _conv3 = Conv2d(width, OutputWidth, 1, bias: false);
        _bn3 = new SyncBatchNorm(OutputWidth);
        RegisterComponents();
    }

    /// <inheritdoc/>
    protected override Tensor Residual(Tensor input)
    {
        var x = _bn1.call(_conv1.Convolve(input)).relu_();
        x = _bn2.call(_conv2.Convolve(x)).relu_();
        return _bn3.call(_conv3.Convolve(x));
    }
}
