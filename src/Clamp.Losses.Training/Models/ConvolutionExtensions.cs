using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Clamp.Losses.Training;

/// <summary>Convolutions as the encoders need them: in mixed precision, and on every processor.</summary>
internal static class ConvolutionExtensions
{
    /// <summary>
    /// Applies a bias-free convolution in the type of its input; the gradient reaches the weight in the weight's type. A 1x1 convolution
    /// that strides takes the pixels that it reads and no longer strides: the same numbers, while libtorch 2.10 ends the process with
    /// SIGFPE in the backward of the other from 512 channels on (oneDNN on processors with AVX-512).
    /// </summary>
    /// <param name="convolution">The convolution.</param>
    /// <param name="input">[N, C, H, W], of any floating-point type.</param>
    /// <returns>The output, of the input's type.</returns>
    public static Tensor Convolve(this Conv2d convolution, Tensor input)
    {
        var strides = convolution.stride;
        if (convolution.weight.shape is [.., 1, 1] && strides.Any(stride => stride > 1))
        {
            input = input.slice(2, 0, input.shape[2], strides[0]).slice(3, 0, input.shape[3], strides[1]);
            strides = [1, 1];
        }

        return functional.conv2d(input, convolution.weight.to(input.dtype), strides: strides, padding: convolution.padding);
    }
}
