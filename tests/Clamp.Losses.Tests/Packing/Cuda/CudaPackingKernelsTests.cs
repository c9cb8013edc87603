using Clamp.Losses.Packing;
using Clamp.Losses.Packing.Cuda;
using Clamp.Losses.Tests.Support;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Packing.Cuda;

/// <summary>What is launched, against the fake driver; the tensors lie on the CPU, because nobody looks into them.</summary>
public sealed class CudaPackingKernelsTests : TorchTest
{
    private static readonly PairPotential Potential = new(2.5, 1.75, 0.5, 0.125, 0.25, 1.5);

    private readonly FakeDriver _driver = new();
    private readonly FakeNvrtc _nvrtc = new();
    private readonly CudaDevice _device;
    private readonly CudaPackingKernels _kernels;

    private readonly List<PackingBuffers> _buffers = [];

    public CudaPackingKernelsTests()
    {
        _device = new CudaDevice(new CudaDriver(_driver.File), new KernelCompiler(new Nvrtc(_nvrtc.File), new KernelCache(null)), 0);
        _kernels = new CudaPackingKernels(_device, CPU);
    }

    public override void Dispose()
    {
        _buffers.ForEach(buffers => buffers.Dispose());
        _kernels.Dispose();
        _device.Dispose();
        _driver.Dispose();
        _nvrtc.Dispose();
        base.Dispose();
    }

    [SkippableTheory]
    [InlineData(2, 2, 1, "sum_embeddings 1x2x1 32x8x1", "add_partial_sums 1x1x1 16x16x1")]
    [InlineData(4, 512, 512, "sum_embeddings 4x512x1 32x8x1", "add_partial_sums 32x1x1 16x16x1")]
    [InlineData(3, 100_000, 17, "sum_embeddings 1x1024x1 32x8x1", "add_partial_sums 2x1x1 16x16x1")]
    public void SumEmbeddings_LaunchesForTheShape(int views, int images, int width, params string[] expected)
    {
        _kernels.SumEmbeddings(Embeddings(views, images, width), Buffers(views, images, width));

        LaunchShapes().Should().Equal(expected);
    }

    [SkippableTheory]
    [InlineData(2, 2, 1, "split_mean 1x1x1 256x1x1", "measure_images 2x1x1 128x1x1")]
    [InlineData(4, 512, 512, "split_mean 2x1x1 256x1x1", "measure_images 512x1x1 128x1x1")]
    [InlineData(5, 100_000, 33, "split_mean 1x1x1 256x1x1", "measure_images 100000x1x1 256x1x1")]
    public void Statistics_LaunchesForTheShape(int views, int images, int width, params string[] expected)
    {
        _kernels.Statistics(Embeddings(views, images, width), 77, 2.5, Buffers(views, images, width));

        LaunchShapes().Should().Equal(expected);
    }

    [SkippableFact]
    public void Statistics_TakesTheSumsAndGivesWhatTheBuffersHold()
    {
        var (embeddings, buffers) = (Embeddings(3, 20, 10), Buffers(3, 20, 10));

        _kernels.SumEmbeddings(embeddings, buffers);
        _kernels.Statistics(embeddings, 77, 2.5, buffers);

        var (sum, add, split, measure) = (Launch(0), Launch(1), Launch(2), Launch(3));
        ShouldReadEmbeddings(sum, embeddings);
        ShouldReadEmbeddings(measure, embeddings);
        add.Long("partialSums").Should().Be(sum.Long("partialSums"));
        add.Int("chunks").Should().Be(20);
        ShouldBe(add, "sums", buffers.EmbeddingSums);
        ShouldBe(split, "sums", buffers.EmbeddingSums);
        split.Long("count").Should().Be(77);
        measure.Long("exactMean").Should().Be(split.Long("exactMean"));
        measure.Long("mean").Should().Be(split.Long("mean"));
        measure.Double("radiusScale").Should().Be(2.5);
        ShouldBe(measure, "inverseNorms", buffers.InverseNorms);
        ShouldBe(measure, "delicate", buffers.Delicate);
        ShouldBe(measure, "centroids", buffers.Centroids);
        ShouldBe(measure, "centroidForces", buffers.CentroidForces);
        ShouldBe(measure, "squaredNorms", buffers.SquaredNorms);
        ShouldBe(measure, "radii", buffers.Radii);
    }

    [SkippableTheory]
    [InlineData(2, 2, "1x1x1", "1x1x1", "1x1x1", "2x1x1")]
    [InlineData(65, 129, "2x2x1", "17x1x1", "9x1x1", "2x1x1")]
    [InlineData(257, 257, "3x5x1", "33x1x1", "33x1x1", "4x1x1")]
    public void Interactions_LaunchForTheBlock(int rows, int columns, string interact, string ofColumns, string ofRows, string add)
    {
        var block = new PairBlock(0, rows, 0, columns, Mirrored: true);

        var more = _kernels.Interactions(zeros(rows, columns), block, Potential, forces: true, Buffers(2, 400, 8));

        LaunchShapes().Should().Equal(
            $"interact_pairs {interact} 256x1x1",
            $"close_forces {ofColumns} 256x1x1",
            $"close_forces {ofRows} 256x1x1",
            $"add_pair_sums {add} 256x1x1");
        more.Should().BeTrue("whether A is zero stays on the GPU");
    }

    [SkippableFact]
    public void Interactions_OnTheDiagonal_HaveNoMirrorImage()
    {
        _kernels.Interactions(zeros(257, 257), new PairBlock(0, 257, 0, 257, false), Potential, true, Buffers(2, 400, 8));

        LaunchShapes().Should().Equal("interact_pairs 3x5x1 256x1x1", "close_forces 33x1x1 256x1x1", "add_pair_sums 3x1x1 256x1x1");
    }

    [SkippableFact]
    public void Interactions_EnergyAlone_LeavesOutTheForces()
    {
        _kernels.Interactions(zeros(8, 9), new PairBlock(0, 8, 0, 9, true), Potential, false, Buffers(2, 20, 8));

        _driver.Launches.Select(launch => launch.Kernel).Should().Equal("interact_pairs", "add_pair_sums");
        Launch(0).Int("forces").Should().Be(0);
    }

    [SkippableFact]
    public void Interactions_TakeTheBlockThePotentialAndTheBuffers()
    {
        var (gram, buffers) = (zeros(30, 40)[TensorIndex.Ellipsis, TensorIndex.Slice(5, 14)], Buffers(2, 50, 11));

        _kernels.Interactions(gram, new PairBlock(3, 30, 33, 9, true), Potential, true, buffers);

        foreach (var launch in _driver.Launches)
        {
            (launch.Int("row"), launch.Int("rows"), launch.Int("column"), launch.Int("columns")).Should().Be((3, 30, 33, 9));
        }

        var (interact, ofColumns, ofRows, add) = (Launch(0), Launch(1), Launch(2), Launch(3));
        foreach (var launch in new[] { interact, ofColumns, ofRows })
        {
            ShouldBe(launch, "pairs", gram);
            launch.Long("stride").Should().Be(40);
            launch.Int("width").Should().Be(11);
            ShouldBe(launch, "centroids", buffers.Centroids);
            launch.Long("closeTiles").Should().Be(interact.Long("closeTiles"));
        }

        (ofColumns.Int("ofColumns"), ofRows.Int("ofColumns")).Should().Be((1, 0));

        (interact.Int("mirrored"), interact.Int("forces"), add.Int("mirrored")).Should().Be((1, 1, 1));
        (interact.Float("strength"), interact.Float("exponentLessOne")).Should().Be((0.875f, 0.75f));
        (interact.Float("leastSquaredDistance"), interact.Float("largestReach")).Should().Be((0.0625f, 1.5f));
        ShouldBe(interact, "squaredNorms", buffers.SquaredNorms);
        ShouldBe(interact, "radii", buffers.Radii);
        ShouldBe(ofColumns, "centroidForces", buffers.CentroidForces);
        ShouldBe(ofRows, "centroidForces", buffers.CentroidForces);
        foreach (var scratch in new[] { "rowSums", "columnSums", "tileEnergies" })
        {
            add.Long(scratch).Should().Be(interact.Long(scratch));
        }

        ShouldBe(add, "contactSums", buffers.ContactSums);
        ShouldBe(add, "radiusGradients", buffers.RadiusGradients);
        ShouldBe(add, "energy", buffers.Energy);
    }

    [SkippableFact]
    public void LossOfEnergy_TakesEnergyRadiiAndWeights()
    {
        var buffers = Buffers(2, 50, 11);
        var (loss, slope) = (zeros(1), zeros(1, float64));

        _kernels.LossOfEnergy(Potential, true, buffers, loss, slope);

        LaunchShapes().Should().Equal("loss_of_energy 1x1x1 256x1x1");
        ShouldBe(Launch(0), "energy", buffers.Energy);
        ShouldBe(Launch(0), "radii", buffers.Radii);
        Launch(0).Int("images").Should().Be(50);
        (Launch(0).Double("repulsionWeight"), Launch(0).Double("sizeWeight"), Launch(0).Int("logEnergy")).Should().Be((0.5, 0.125, 1));
        ShouldBe(Launch(0), "loss", loss);
        ShouldBe(Launch(0), "slope", slope);
    }

    [SkippableTheory]
    [InlineData(2, 2, 1, "project_gradient 2x1x1 128x1x1", "add_partial_sums 1x1x1 16x16x1")]
    [InlineData(16, 2000, 256, "project_gradient 1024x1x1 256x1x1", "add_partial_sums 16x1x1 16x16x1")]
    public void Gradient_LaunchesForTheShape(int views, int images, int width, params string[] expected)
    {
        var (projected, sums) = (empty(views, images, width), empty(width, float64));
        _kernels.Gradient(Embeddings(views, images, width), Potential, Buffers(views, images, width), projected, sums);

        LaunchShapes().Should().Equal(expected);
    }

    [SkippableFact]
    public void Gradient_ReadsWhatStatisticsKept()
    {
        var (embeddings, buffers) = (Embeddings(3, 20, 10), Buffers(3, 20, 10));
        var (projected, sums) = (empty(3, 20, 10), empty(10, float64));

        _kernels.Statistics(embeddings, 60, 2.5, buffers);
        _kernels.Gradient(embeddings, Potential, buffers, projected, sums);

        var (measure, project, add) = (Launch(1), Launch(2), Launch(3));
        ShouldReadEmbeddings(project, embeddings);
        foreach (var kept in new[] { "exactMean", "mean", "exactInverseNorms", "inverseNorms", "delicate", "centroids", "radii" })
        {
            project.Long(kept).Should().Be(measure.Long(kept));
        }

        ShouldBe(project, "centroidForces", buffers.CentroidForces);
        ShouldBe(project, "contactSums", buffers.ContactSums);
        ShouldBe(project, "radiusGradients", buffers.RadiusGradients);
        (project.Double("radiusScale"), project.Double("sizeWeight")).Should().Be((2.5, 0.125));
        ShouldBe(project, "projected", projected);
        add.Long("partialSums").Should().Be(project.Long("partialSums"));
        ShouldBe(add, "sums", sums);
    }

    [SkippableTheory]
    [InlineData(2, 2, 1, "centre_gradient 1x1x1 32x8x1")]
    [InlineData(4, 512, 512, "centre_gradient 4x64x1 32x8x1")]
    [InlineData(3, 700_000, 1, "centre_gradient 1x65535x1 32x8x1")]
    public void Centre_LaunchesForTheShape(int views, int images, int width, string expected)
    {
        var projected = empty(views, images, width);

        _kernels.Centre(projected, zeros(width, float64), 8, zeros(1, float64), null, projected);

        LaunchShapes().Should().Equal(expected);
    }

    [SkippableFact]
    public void Centre_TakesWhereTheGradientGoes()
    {
        var (projected, sums, slope, upstream) = (empty(3, 20, 10), zeros(10, float64), zeros(1, float64), zeros(1));
        var result = empty([3, 20, 10], float16);

        _kernels.Centre(projected, sums, 120, slope, upstream, result);
        _kernels.Centre(projected, sums, 120, slope, null, result);

        ShouldBe(Launch(0), "projected", projected);
        ShouldBe(Launch(0), "sums", sums);
        (Launch(0).Long("count"), Launch(0).Long("rows"), Launch(0).Int("width")).Should().Be((120, 60, 10));
        ShouldBe(Launch(0), "slope", slope);
        ShouldBe(Launch(0), "upstream", upstream);
        ShouldBe(Launch(0), "result", result);
        Launch(1).Long("upstream").Should().Be(0);
    }

    [SkippableTheory]
    [InlineData(ScalarType.Float32, "-DELEMENT_FLOAT32")]
    [InlineData(ScalarType.Float16, "-DELEMENT_FLOAT16")]
    [InlineData(ScalarType.BFloat16, "-DELEMENT_BFLOAT16")]
    public void SumEmbeddings_EachType_LoadsKernelsOfItsOwn(ScalarType dtype, string define)
    {
        _kernels.SumEmbeddings(Embeddings(2, 4, 3).to(dtype), Buffers(2, 4, 3));

        _driver.LoadedImages.Should().HaveCount(2).And.AllSatisfy(image => image.Should().Contain(define));
    }

    [SkippableFact]
    public void SumEmbeddings_StridesBeyond32Bits_ArePassedWhole()
    {
        const long stride = (1L << 31) + 5;
        using var memory = VirtualMemory(stride + 40);
        var embeddings = memory.as_strided([2, 4, 3], [stride, 8, 1], 2);

        _kernels.SumEmbeddings(embeddings, Buffers(2, 4, 3));

        (Launch(0).Long("viewStride"), Launch(0).Long("imageStride")).Should().Be((stride, 8));
        Launch(0).Long("z").Should().Be(AddressOf(memory) + 4, "the slice starts at the third 16-bit number");
    }

    [SkippableFact]
    public void Steps_OfTheSameShape_UseTheSameMemory()
    {
        var (embeddings, buffers, projected, sums) = (Embeddings(3, 20, 10), Buffers(3, 20, 10), empty(3, 20, 10), empty(10, float64));
        Step(embeddings, buffers, projected, sums);
        var first = _driver.Calls.ToList();
        _driver.Forget();
        Step(embeddings, buffers, projected, sums);
        var second = _driver.Calls.ToList();

        second.Should().Equal(first.Where(call => !call.StartsWith("cuModule", StringComparison.Ordinal)).TakeLast(second.Count));
    }

    [SkippableFact]
    public void Launches_AllocateNoManagedMemory()
    {
        var (embeddings, buffers, projected, sums) = (Embeddings(3, 20, 10), Buffers(3, 20, 10), empty(3, 20, 10), empty(10, float64));
        Step(embeddings, buffers, projected, sums);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Step(embeddings, buffers, projected, sums);

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(1024);
    }

    private static Tensor Embeddings(int views, int images, int width) => empty(views, images, width);

    private static Tensor VirtualMemory(long count)
    {
        try
        {
            return empty([count], float16);
        }
        catch (System.Runtime.InteropServices.ExternalException exception)
        {
            Skip.If(true, $"The machine does not give 4 GB of address space: {exception.Message}");
            throw;
        }
    }

    private static unsafe long AddressOf(Tensor tensor) => (long)TensorMemory.Of(tensor);

    private static void ShouldBe(KernelLaunch launch, string argument, Tensor tensor) =>
        launch.Long(argument).Should().Be(AddressOf(tensor), argument);

    private static void ShouldReadEmbeddings(KernelLaunch launch, Tensor embeddings)
    {
        ShouldBe(launch, "z", embeddings);
        (launch.Long("viewStride"), launch.Long("imageStride")).Should().Be((embeddings.stride(0), embeddings.stride(1)));
        (launch.Int("views"), launch.Int("images"), launch.Int("width"))
            .Should().Be(((int)embeddings.shape[0], (int)embeddings.shape[1], (int)embeddings.shape[2]));
    }

    private PackingBuffers Buffers(int views, int images, int width)
    {
        var buffers = new PackingBuffers((views, images, width), (512, 2048), CPU);
        _buffers.Add(buffers);
        return buffers;
    }

    private void Step(Tensor embeddings, PackingBuffers buffers, Tensor projected, Tensor sums)
    {
        _kernels.SumEmbeddings(embeddings, buffers);
        _kernels.Statistics(embeddings, 60, 2.5, buffers);
        _kernels.Gradient(embeddings, Potential, buffers, projected, sums);
    }

    private KernelLaunch Launch(int index) => _driver.Launches[index];

    private IEnumerable<string> LaunchShapes() => _driver.Launches.Select(launch => $"{launch.Kernel} {launch.Grid} {launch.Block}");
}
