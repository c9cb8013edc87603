using static TorchSharp.torch;
using static TorchSharp.torchvision.transforms.functional;

namespace Clamp.Losses.Training.Tests;

/// <summary>
/// The colour changes of TorchSharp's own TorchVision, a factor for a whole batch, beside those here, a factor an image. Both round at 2^-24
/// of values from 0 to 1; hue takes a dozen operations.
/// </summary>
public sealed class TorchVisionTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(0.3)]
    [InlineData(1.7)]
    public void Brightness_OfEachImage_IsTorchVisions(double factor) => Compare(ColourChanges.Brightness, adjust_brightness, factor);

    [Theory]
    [InlineData(0.3)]
    [InlineData(1.7)]
    public void Contrast_OfEachImage_IsTorchVisions(double factor) => Compare(ColourChanges.Contrast, adjust_contrast, factor);

    [Theory]
    [InlineData(0.3)]
    [InlineData(1.7)]
    public void Saturation_OfEachImage_IsTorchVisions(double factor) => Compare(ColourChanges.Saturation, adjust_saturation, factor);

    [Theory]
    [InlineData(-0.4)]
    [InlineData(0.15)]
    public void Hue_OfEachImage_IsTorchVisions(double turn) => Compare(ColourChanges.Hue, (images, factor) => adjust_hue(images, factor), turn);

    private static void Compare(Action<Tensor, Tensor> own, Func<Tensor, double, Tensor> theirs, double amount)
    {
        var images = TestImages.Floats(3, 9, 7);
        double[] amounts = [amount, amount / 2, amount * 1.1];
        var expected = cat([.. amounts.Select((each, i) => theirs(images.narrow(0, i, 1), each))]);

        own(images, tensor(Array.ConvertAll(amounts, each => (float)each)));

        images.LargestDifference(expected).Should().BeLessThan(1e-5);
    }
}
