using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Clamp.Losses.Training;

/// <summary>Mixed precision: convolutions, where the time goes, compute in their input's type; weights keep theirs.</summary>
internal static class ConvolutionExtensions
{
    /// <summary>Applies a bias-free convolution in the type of its input; the gradient reaches the weight in the weight's type.</summary>
    /// <param name="convolution">The convolution.</param>
    /// <param name="input">[N, C, H, W], of any floating-point type.</param>
    /// <returns>The output, of the input's type.</returns>
    public static Tensor Convolve(this Conv2d convolution, Tensor input) => input.dtype == convolution.weight.dtype
        ? convolution.call(input)
        : functional.conv2d(input, convolution.weight.to(input.dtype), strides: convolution.stride, padding: convolution.padding);
}
