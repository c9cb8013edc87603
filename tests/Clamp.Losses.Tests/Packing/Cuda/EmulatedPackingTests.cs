using Clamp.Losses.Distributed;
using Clamp.Losses.Packing;
using Clamp.Losses.Packing.Cuda;
using Clamp.Losses.Packing.Cuda.Driver;
using Clamp.Losses.Tests.Golden;
using Clamp.Losses.Tests.Support;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Packing.Cuda;

/// <summary>The fused loss as on a GPU, from the autograd node through the launcher to the kernels, which the emulation runs.</summary>
public sealed class EmulatedPackingTests : TorchTest
{
    private readonly List<IDisposable> _open = [];
    private FakeCublas? _cublas;

    public override void Dispose()
    {
        _open.Reverse();
        _open.ForEach(each => each.Dispose());
        base.Dispose();
    }

    [SkippableTheory]
    [InlineData("small")]
    [InlineData("coincident_pairs")]
    [InlineData("weights")]
    [InlineData("range_and_margin")]
    [InlineData("exponent_2_5")]
    public void LossAndGradient_GoldenCase_MatchesComposite(string name)
    {
        var golden = GoldenCase.Named(name);
        var embeddings = golden.Embeddings.to(float32);
        var expected = new ClampLoss(golden.Options(ClampBackend.Composite)).LossAndGradient(embeddings.to(float64));

        var (loss, gradient) = Fused(golden.Options(ClampBackend.Fused), ScalarType.Float32).LossAndGradient(embeddings, Whole(embeddings));

        loss.Value().DistanceTo(expected.Loss.Value()).Should().BeLessThan(1e-5);
        gradient.RelativeDistanceTo(expected.Gradient).Should().BeLessThan(name == "coincident_pairs" ? 1e-4 : 1e-5);
    }

    [SkippableTheory]
    [InlineData(ScalarType.Float32, 1e-5)]
    [InlineData(ScalarType.Float16, 5e-4)]
    [InlineData(ScalarType.BFloat16, 4e-3)]
    public void Backward_StepsOfSeveralShapes_MatchComposite(ScalarType dtype, double rounding)
    {
        var options = new ClampLossOptions { RadiusScale = 1.5, SizeWeight = 0.01, MinSeparation = 0 };
        var fused = Fused(options, dtype);

        // The second shape is in several strips, the third smaller than the first: scratch has grown and is kept.
        foreach (var (views, images, width) in new[] { (3, 40, 33), (2, 300, 5), (5, 7, 3) })
        {
            var embeddings = ClusteredEmbeddings(views, images, width, 0.4, dtype).requires_grad_();

            (FusedGradient.Record(embeddings, Whole(embeddings), fused) * -2.5).backward();

            var expected = new ClampLoss(options).LossAndGradient(embeddings.to(float64)).Gradient * -2.5;
            embeddings.grad!.dtype.Should().Be(dtype);
            embeddings.grad!.RelativeDistanceTo(expected).Should().BeLessThan(rounding);
        }
    }

    [SkippableFact]
    public void Backward_SliceOfALargerTensor_MatchesComposite()
    {
        var options = new ClampLossOptions { RadiusScale = 1.5 };
        var whole = ClusteredEmbeddings(5, 30, 12, 0.4, ScalarType.Float16);
        var slice = whole[TensorIndex.Slice(1, 4), TensorIndex.Slice(3, 27), TensorIndex.Slice(1, 10)].requires_grad_();

        FusedGradient.Record(slice, Whole(slice), Fused(options, ScalarType.Float16)).backward();

        slice.grad!.RelativeDistanceTo(new ClampLoss(options).LossAndGradient(slice.to(float64)).Gradient).Should().BeLessThan(5e-4);
    }

    [SkippableFact]
    public void Loss_WithoutAGradient_IsTheSame()
    {
        var options = new ClampLossOptions { RadiusScale = 1.5, SizeWeight = 0.01 };
        var embeddings = ClusteredEmbeddings(3, 300, 9, 0.4, ScalarType.Float32);
        var fused = Fused(options, ScalarType.Float32);

        var alone = fused.Loss(embeddings, Whole(embeddings));

        alone.Value().Should().Be(fused.LossAndGradient(embeddings, Whole(embeddings)).Loss.Value());
    }

    [SkippableFact]
    public void LossAndGradient_OverAGroup_AreThoseOfTheWholeBatch()
    {
        var options = new ClampLossOptions { RadiusScale = 1.5, SizeWeight = 0.01 };
        var embeddings = ClusteredEmbeddings(3, 310, 9, 0.4, ScalarType.Float32);
        var expected = new ClampLoss(options).LossAndGradient(embeddings.to(float64));
        long[] images = [5, 1, 304];
        var fused = images.Select(_ => Fused(options, ScalarType.Float32)).ToArray();

        var results = ThreadGroup.Run(images.Length, group =>
        {
            var first = images[..group.Rank].Sum();
            var own = embeddings.narrow(1, first, images[group.Rank]);
            return fused[group.Rank].LossAndGradient(own, new BatchPart(group, first, embeddings.shape[1]));
        });

        results.Should().AllSatisfy(result => result.Loss.Value().DistanceTo(expected.Loss.Value()).Should().BeLessThan(1e-5));
        cat(results.Select(result => result.Gradient).ToList(), 1).RelativeDistanceTo(expected.Gradient).Should().BeLessThan(1e-5);
    }

    [SkippableTheory]
    [InlineData(3, 40, 33)]
    [InlineData(2, 300, 5)]
    [InlineData(2, 70, 1100)]
    public void LossAndGradient_OfSplitProducts_MatchComposite(int views, int images, int width)
    {
        var options = new ClampLossOptions { RadiusScale = 4, SizeWeight = 0.01, SplitProducts = true };
        var embeddings = RandomEmbeddings(views, images, width, seed: 1).to(float32);
        var expected = new ClampLoss(options).LossAndGradient(embeddings.to(float64));

        var (loss, gradient) = Fused(options, ScalarType.Float32, leastSplitImages: 2).LossAndGradient(embeddings, Whole(embeddings));

        _cublas!.SplitProducts.Should().BePositive();
        loss.Value().DistanceTo(expected.Loss.Value()).Should().BeLessThan(1e-5);
        gradient.RelativeDistanceTo(expected.Gradient).Should().BeLessThan(1e-5);
    }

    [SkippableTheory]
    [InlineData(true, 41)]
    [InlineData(false, 2)]
    public void LossAndGradient_SplitProductsOffOrFewImages_AreOfWholeProducts(bool allowed, int leastSplitImages)
    {
        var options = new ClampLossOptions { RadiusScale = 1.5, SplitProducts = allowed };
        var embeddings = ClusteredEmbeddings(3, 40, 33, 0.4, ScalarType.Float32);

        Fused(options, ScalarType.Float32, leastSplitImages).LossAndGradient(embeddings, Whole(embeddings));

        _cublas!.SplitProducts.Should().Be(0);
    }

    [SkippableFact]
    public void LossAndGradient_SplitProductsOverAGroup_AreThoseOfTheWholeBatch()
    {
        var options = new ClampLossOptions { RadiusScale = 1.5, SplitProducts = true };
        var embeddings = ClusteredEmbeddings(3, 60, 9, 0.4, ScalarType.Float32);
        var expected = new ClampLoss(options).LossAndGradient(embeddings.to(float64));
        long[] images = [5, 55];
        var fused = images.Select(_ => Fused(options, ScalarType.Float32, leastSplitImages: 60)).ToArray();

        var results = ThreadGroup.Run(images.Length, group =>
        {
            var first = images[..group.Rank].Sum();
            return fused[group.Rank].LossAndGradient(
                embeddings.narrow(1, first, images[group.Rank]), new BatchPart(group, first, embeddings.shape[1]));
        });

        _cublas!.SplitProducts.Should().BePositive();
        cat(results.Select(result => result.Gradient).ToList(), 1).RelativeDistanceTo(expected.Gradient).Should().BeLessThan(1e-5);
    }

    private static BatchPart Whole(Tensor embeddings) => BatchPart.Whole(embeddings.shape[1]);

    private FusedLoss Fused(ClampLossOptions options, ScalarType dtype, int leastSplitImages = SplitProduct.LeastImages)
    {
        var (driver, cublas) = (Open(new EmulatedDriver(dtype)), Open(new FakeCublas()));
        _cublas = cublas;
        var compiler = new KernelCompiler(new Nvrtc(Open(new FakeNvrtc()).File), new KernelCache(null));
        var device = Open(new CudaDevice(new CudaDriver(driver.File), compiler, () => cublas.File, 0));
        return Open(new FusedLoss(_ => new CudaPackingKernels(device, device.Product, options, null, leastSplitImages), logger: null));
    }

    private T Open<T>(T opened)
        where T : IDisposable
    {
        _open.Add(opened);
        return opened;
    }
}
