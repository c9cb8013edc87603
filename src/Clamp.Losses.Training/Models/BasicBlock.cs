using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Clamp.Losses.Training;

/// <summary>The block of ResNet-18 and ResNet-34: two 3x3 convolutions, of which the first strides.</summary>
public sealed class BasicBlock : ResidualBlock
{
    [ComponentName(Name = "conv1")]
    private readonly Conv2d _conv1;

    [ComponentName(Name = "bn1")]
    private readonly SyncBatchNorm _bn1;

    [ComponentName(Name = "conv2")]
    private readonly Conv2d _conv2;

    [ComponentName(Name = "bn2")]
    private readonly SyncBatchNorm _bn2;

    /// <summary>Creates the block with fresh weights.</summary>
    /// <param name="inputWidth">Channels of the input, at least 1.</param>
    /// <param name="width">Channels of both convolutions and of the output, at least 1.</param>
    /// <param name="stride">The factor by which height and width shrink, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A width or the stride is below 1.</exception>
    public BasicBlock(int inputWidth, int width, int stride = 1)
        : base(nameof(BasicBlock), inputWidth, width, stride)
    {
        _conv1 = Conv2d(inputWidth, width, 3, stride, padding: 1, bias: false);
        _bn1 = new SyncBatchNorm(width);
        _conv2 = Conv2d(width, width, 3, padding: 1, bias: false);
        _bn2 = new SyncBatchNorm(width);
        RegisterComponents();
    }

    /// <inheritdoc/>
    protected override Tensor Residual(Tensor input)
    {
        var x = _bn1.call(_conv1.Convolve(input)).relu_();
        return _bn2.call(_conv2.Convolve(x));
    }
}
