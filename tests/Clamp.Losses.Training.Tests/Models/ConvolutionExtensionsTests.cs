namespace Clamp.Losses.Training.Tests;

public sealed class ConvolutionExtensionsTests
{
    [Theory]
    [InlineData(1, 2, 8, 8)]
    [InlineData(1, 2, 7, 9)]
    [InlineData(1, 3, 8, 8)]
    [InlineData(3, 2, 8, 8)]
    [InlineData(3, 1, 8, 8)]
    public void Convolve_OfAnyStride_IsTheConvolutionForwardAndBackward(int kernel, int stride, int height, int width)
    {
        using var scope = torch.NewDisposeScope();
        using var convolution = torch.nn.Conv2d(16, 32, kernel, stride, padding: kernel / 2, bias: false);
        var input = torch.randn([3, 16, height, width], torch.ScalarType.Float32, requires_grad: true);
        var expected = Gradients(convolution, input, convolution.call(input));

        var actual = Gradients(convolution, input, convolution.Convolve(input));

        // Up to 192 terms of about 1 are added, in an order that may differ.
        actual.Zip(expected, (one, other) => one.LargestDifference(other)).Should().OnlyContain(difference => difference < 1e-4);
    }

    private static List<torch.Tensor> Gradients(TorchSharp.Modules.Conv2d convolution, torch.Tensor input, torch.Tensor output)
    {
        var upstream = torch.linspace(-1, 1, output.numel()).reshape(output.shape);
        return [output.detach(), .. torch.autograd.grad([output], [input, convolution.weight], [upstream])];
    }
}
