namespace Clamp.Losses.Training.Tests;

/// <summary>
/// Whole views beside those that Python's torchvision makes of the same images with the same parameters, in float32 on both sides. Values
/// go from -2 to 2 and pass through some thirty roundings, which hue can multiply by six: 1e-4 is far below the 4/255 between stored values.
/// </summary>
public sealed class TorchvisionViewsTests : IDisposable
{
    private const int Images = 24;
    private const int Seed = 5;
    private const int Epoch = 3;
    private static readonly Normalisation Named = Normalisation.Named["imagenet"];
    private readonly TemporaryFolder _temporary = new();
    private readonly DisposeScope _scope = torch.NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _temporary.Dispose();
    }

    [SkippableTheory]
    [InlineData(40, 56, 32)] // some crops are narrower than a view, others wider
    [InlineData(130, 97, 64)]
    public void Views_OfTheSameParameters_AreTorchvisions(int height, int width, int size)
    {
        var options = new AugmentationOptions { BlurProbability = 0.5, SolarizeProbability = 0.3, GrayscaleProbability = 0.3, CropScaleMin = 0.08 };
        var augmentation = new MultiViewAugmentation([options], Seed, Named);
        var images = TestImages.Bytes(Images, height, width);
        long[] samples = [.. Enumerable.Range(0, Images)];
        SafetensorsFile.Write(Path("images"), new Dictionary<string, torch.Tensor> { ["images"] = images.to(torch.float32) / 255 }, new Dictionary<string, string>());
        var jobs = Enumerable.Range(0, 2).Select(view => Job(view, size, options, samples, sample => augmentation.Parameters(sample, Epoch, view, height, width)));
        var missing = PythonScript.Run("torchvision_views.py", "torch and torchvision", jobs.ToArray(), _temporary);
        Skip.If(missing is not null, missing);

        var views = augmentation.Views(images, samples, Epoch, views: 2, size);

        for (int view = 0; view < 2; view++)
        {
            var expected = SafetensorsFile.Read(Path($"views{view}")).Tensors["views"];
            var differences = (views[view] - expected).abs().amax([1, 2, 3]);
            differences.max().ToSingle().Should().BeLessThan(1e-4f, "view {0} of image {1} differs most", view, differences.argmax().ToInt64());
        }
    }

    private object Job(int view, int size, AugmentationOptions options, long[] samples, Func<long, ViewParameters> parameters) => new
    {
        Images = Path("images"),
        Views = Path($"views{view}"),
        Size = size,
        Order = ColourJitter.Order(Seed, Epoch, view).Select(step => step.ToString()),
        KernelSize = GaussianBlur.KernelSize(size),
        Threshold = options.SolarizeThreshold,
        Mean = Named.Mean,
        Deviation = Named.StandardDeviation,
        Parameters = samples.Select(parameters),
    };

    private string Path(string what) => _temporary.PathOf(what);
}
