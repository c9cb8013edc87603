namespace Clamp.Losses.Training.Tests;

public sealed class GaussianBlurTests
{
    private static readonly float[] Sigmas = [0.5f, 1.3f];

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public void ApplyTo_OfABatch_IsTheGaussianOfEachImagesSigma(int kernelSize)
    {
        using var scope = torch.NewDisposeScope();
        var images = TestImages.Floats(2, 6, 7);
        var expected = Blurred(images, kernelSize / 2);

        GaussianBlur.ApplyTo(images, torch.tensor(Sigmas, torch.ScalarType.Float32), kernelSize);

        images.LargestDifference(expected).Should().BeLessThan(1e-6);
    }

    [Fact]
    public void ApplyTo_WithATinySigma_ChangesNothing()
    {
        using var scope = torch.NewDisposeScope();
        var images = TestImages.Floats(1, 8, 8);
        var before = images.clone();

        GaussianBlur.ApplyTo(images, torch.tensor([0.01f], torch.ScalarType.Float32), 3);

        images.LargestDifference(before).Should().BeLessThan(1e-6);
    }

    [Theory]
    [InlineData(2, 3)]
    [InlineData(32, 3)]
    [InlineData(96, 9)]
    [InlineData(224, 23)]
    public void KernelSize_OfAnImage_IsAboutATenthAndOdd(int imageSize, int expected)
    {
        GaussianBlur.KernelSize(imageSize).Should().Be(expected);
    }

    private static torch.Tensor Blurred(torch.Tensor images, int radius)
    {
        var (height, width) = ((int)images.shape[2], (int)images.shape[3]);
        var output = torch.zeros_like(images);
        for (var n = 0; n < 2; n++)
        {
            var total = 0.0;
            for (var dy = -radius; dy <= radius; dy++)
            {
                for (var dx = -radius; dx <= radius; dx++)
                {
                    var weight = Math.Exp(-((dy * dy) + (dx * dx)) / (2.0 * Sigmas[n] * Sigmas[n]));
                    total += weight;
                    var shifted = images[n].index_select(1, Reflected(height, dy)).index_select(2, Reflected(width, dx));
                    output[n].add_(shifted, weight);
                }
            }

            output[n].div_(total);
        }

        return output;
    }

    private static torch.Tensor Reflected(int length, int shift) =>
        torch.tensor([.. Enumerable.Range(shift, length).Select(i => (long)(i < 0 ? -i : i >= length ? (2 * (length - 1)) - i : i))]);
}
