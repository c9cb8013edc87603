using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Clamp.Losses.Training;

/// <summary>
/// One block of a <see cref="ResNet"/>: <c>relu(residual(x) + shortcut(x))</c> (He et al., arXiv:1512.03385, equations 1 and 2).
/// </summary>
public abstract class ResidualBlock : Module<Tensor, Tensor>
{
    [ComponentName(Name = "downsample")]
    private readonly Sequential? _downsample;

    /// <summary>Creates the shortcut: the identity where shapes agree, else a 1x1 convolution with batch norm.</summary>
    /// <param name="name">The module's name.</param>
    /// <param name="inputWidth">Channels of the input, at least 1.</param>
    /// <param name="outputWidth">Channels of the output, at least 1.</param>
    /// <param name="stride">The factor by which height and width shrink, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A width or the stride is below 1.</exception>
    protected ResidualBlock(string name, int inputWidth, int outputWidth, int stride)
        : base(name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inputWidth, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputWidth, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, 1);
        OutputWidth = outputWidth;
        if (stride != 1 || inputWidth != outputWidth)
            _downsample = Sequential(Conv2d(inputWidth, outputWidth, 1, stride, bias: false), new SyncBatchNorm(outputWidth));
    }

    /// <summary>Channels of the output.</summary>
    public int OutputWidth { get; }

    /// <summary>Applies the block.</summary>
    /// <param name="input">[N, inputWidth, H, W].</param>
    /// <returns>[N, <see cref="OutputWidth"/>, ceil(H / stride), ceil(W / stride)].</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return Residual(input).add_(Shortcut(input), KeptScalars.One).relu_().MoveToOuterDisposeScope();
    }

    /// <summary>The residual branch, without the last activation.</summary>
    /// <param name="input">[N, inputWidth, H, W].</param>
    /// <returns>A new tensor that the caller overwrites, of the shape that <see cref="forward"/> returns.</returns>
    protected abstract Tensor Residual(Tensor input);

    private Tensor Shortcut(Tensor input) => _downsample is null
        ? input
        : ((SyncBatchNorm)_downsample[1]).call(((Conv2d)_downsample[0]).Convolve(input));
}
