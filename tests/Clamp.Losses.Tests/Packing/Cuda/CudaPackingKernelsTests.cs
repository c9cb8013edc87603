using Clamp.Losses.Packing;
using Clamp.Losses.Packing.Cuda;
using Clamp.Losses.Packing.Cuda.Driver;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Packing.Cuda;

/// <summary>What is launched, against the fake driver; nobody looks behind the addresses, so nothing lies there.</summary>
public sealed unsafe class CudaPackingKernelsTests : IDisposable
{
    private static readonly void* Memory = (void*)0x7000_0000_0000;
    private static readonly float* Loss = (float*)0x1001_0000;
    private static readonly double* Slope = (double*)0x1002_0000;
    private static readonly float* Projected = (float*)0x1003_0000;
    private static readonly double* Sums = (double*)0x1004_0000;
    private static readonly float* Upstream = (float*)0x1005_0000;
    private static readonly void* Result = (void*)0x1006_0000;
    private static readonly float* Pairs = (float*)0x1007_0000;
    private static readonly BatchShape Shape = new(3, 20, 10);

    private static readonly ClampLossOptions Options = new()
    {
        RadiusScale = 2.5,
        PotentialExponent = 1.75,
        RepulsionWeight = 0.5,
        SizeWeight = 0.125,
        MinSeparation = 0.25,
        MaxContactDistance = 1.25,
    };

    private readonly FakeDriver _driver = new();
    private readonly FakeNvrtc _nvrtc = new();
    private readonly FakeCublas _cublas = new();
    private readonly CudaDevice _device;
    private readonly CudaPackingKernels _kernels;
    private readonly BatchMemory _batch;
    private readonly CudaScratch _scratch;

    public CudaPackingKernelsTests()
    {
        _device = Open();
        _kernels = new CudaPackingKernels(_device, _device.Product, Options);
        _batch = MemoryOf(Shape);
        _scratch = new CudaScratch(_batch.Scratch, Shape, chunks: 16, strip: (20, 20), tiles: 16, splits: false);
    }

    public void Dispose()
    {
        _device.Dispose();
        _driver.Dispose();
        _nvrtc.Dispose();
        _cublas.Dispose();
    }

    [SkippableTheory]
    [InlineData(2, 2, 1, "sum_embeddings 1x2x1 32x8x1", "add_partial_sums 1x1x1 16x16x1")]
    [InlineData(4, 512, 512, "sum_embeddings 4x4x1 32x8x1", "add_partial_sums 32x1x1 16x16x1")]
    [InlineData(3, 100_000, 17, "sum_embeddings 1x16x1 32x8x1", "add_partial_sums 2x1x1 16x16x1")]
    [InlineData(2, 50, 5000, "sum_embeddings 40x1x1 32x8x1", "add_partial_sums 313x1x1 16x16x1")]
    public void SumEmbeddings_LaunchesForTheShape(int views, int images, int width, params string[] expected)
    {
        var shape = new BatchShape(views, images, width);

        _kernels.SumEmbeddings(Rows(shape), MemoryOf(shape));

        LaunchShapes().Should().Equal(expected);
    }

    [SkippableFact]
    public void SumEmbeddings_TakesEmbeddingsAndGivesSumsAndMean()
    {
        _kernels.SumEmbeddings(Rows(Shape), _batch);

        Launch(0).ShouldTake([.. Embeddings, Is("partialSums", _scratch.PartialSums)]);
        Launch(1).ShouldTake(
            Is("partialSums", _scratch.PartialSums), Is("chunks", 16), Is("width", 10), Is("sums", _batch.EmbeddingSums), Is("count", 60),
            Is("exactMean", _batch.ExactMean), Is("mean", _batch.Mean));
    }

    [SkippableTheory]
    [InlineData(2, 2, 1, "measure_images 2x1x1 128x1x1")]
    [InlineData(4, 512, 512, "measure_images 512x1x1 128x1x1")]
    [InlineData(5, 100_000, 33, "measure_images 100000x1x1 256x1x1")]
    public void Statistics_LaunchesForTheShape(int views, int images, int width, params string[] expected)
    {
        var shape = new BatchShape(views, images, width);

        _kernels.Statistics(Rows(shape), MemoryOf(shape));

        LaunchShapes().Should().Equal(expected);
    }

    [SkippableFact]
    public void Statistics_OfSumsThatOthersAddedTo_TakeTheMeanAnew()
    {
        var batch = MemoryOf(Shape with { AllImages = 26 });

        _kernels.Statistics(Rows(Shape), batch);

        _driver.Launches.Select(launch => launch.Kernel).Should().Equal("add_partial_sums", "measure_images");
        Launch(0).ShouldTake(
            Is("partialSums", batch.EmbeddingSums), Is("chunks", 1), Is("width", 10), Is("sums", batch.EmbeddingSums), Is("count", 78),
            Is("exactMean", batch.ExactMean), Is("mean", batch.Mean));
    }

    [SkippableFact]
    public void Statistics_TakesTheMeanAndGivesWhatTheBatchHolds()
    {
        _kernels.Statistics(Rows(Shape), _batch);

        Launch(0).ShouldTake([
            .. Embeddings, Is("exactMean", _batch.ExactMean), Is("mean", _batch.Mean), Is("radiusScale", 2.5),
            Is("inverseNorms", _batch.InverseNorms), Is("exactInverseNorms", _scratch.ExactInverseNorms), Is("delicate", _batch.Delicate),
            Is("centroids", _batch.Centroids), Is("centroidForces", _batch.CentroidForces), Is("squaredNorms", _batch.SquaredNorms),
            Is("radii", _batch.Radii), Is("contactSums", _batch.ContactSums), Is("radiusGradients", _batch.RadiusGradients),
            Is("energy", _batch.Energy)]);
    }

    [SkippableTheory]
    [InlineData(2, 2, "1x1x1", "1x1x1", "1x1x1", "2x1x1")]
    [InlineData(65, 129, "2x5x1", "17x1x1", "9x1x1", "2x1x1")]
    [InlineData(257, 257, "3x5x1", "33x1x1", "33x1x1", "4x1x1")]
    public void Interactions_BesideTheDiagonal_LaunchForTheStrip(
        int rows, int columns, string interact, string ofColumns, string ofRows, string add)
    {
        var strip = new PairStrip(0, rows, 500, columns);

        var more = _kernels.Interactions(strip, new Matrix(Pairs, rows, columns, columns), forces: true, MemoryOf(new BatchShape(2, 900, 8)));

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
        var pairs = new Matrix(Pairs, 257, 257, 257);

        _kernels.Interactions(new PairStrip(0, 257, 0, 257), pairs, forces: true, MemoryOf(new BatchShape(2, 257, 8)));

        LaunchShapes().Should().Equal("interact_pairs 3x5x1 256x1x1", "close_forces 33x1x1 256x1x1", "add_pair_sums 3x1x1 256x1x1");
    }

    [SkippableFact]
    public void Interactions_EnergyAlone_LeaveOutTheForces()
    {
        _kernels.Interactions(new PairStrip(0, 8, 8, 9), new Matrix(Pairs, 8, 9, 9), forces: false, _batch);

        _driver.Launches.Select(launch => launch.Kernel).Should().Equal("interact_pairs", "add_pair_sums");
        Launch(0).Int("forces").Should().Be(0);
    }

    [SkippableFact]
    public void Interactions_OnAndBesideTheDiagonal_TakeTheirPartsOfTheStrip()
    {
        _kernels.Interactions(new PairStrip(3, 5, 3, 14), new Matrix(Pairs, 5, 14, 40), forces: true, _batch);

        _driver.Launches.Select(launch => launch.Kernel).Should().Equal(
            "interact_pairs", "close_forces", "add_pair_sums",
            "interact_pairs", "close_forces", "close_forces", "add_pair_sums");
        Launch(0).ShouldTake(Interaction(Pairs, 3, 5, mirrored: 0));
        Launch(1).ShouldTake(CloseForces(Pairs, 3, 5, ofColumns: 0));
        Launch(2).ShouldTake(PairSums(3, 5, mirrored: 0));
        Launch(3).ShouldTake(Interaction(Pairs + 5, 8, 9, mirrored: 1));
        Launch(4).ShouldTake(CloseForces(Pairs + 5, 8, 9, ofColumns: 1));
        Launch(5).ShouldTake(CloseForces(Pairs + 5, 8, 9, ofColumns: 0));
        Launch(6).ShouldTake(PairSums(8, 9, mirrored: 1));

        (string, KernelArgument)[] Interaction(float* pairs, int column, int columns, int mirrored) =>
        [
            Is("pairs", pairs), Is("stride", 40), Is("row", 3), Is("rows", 5), Is("column", column), Is("columns", columns),
            Is("tileRows", 8), Is("mirrored", mirrored), Is("forces", 1), Is("centroids", _batch.Centroids), Is("width", 10), Is("squaredNorms", _batch.SquaredNorms),
            Is("radii", _batch.Radii), Is("strength", 0.875f), Is("exponentLessOne", 0.75f), Is("leastSquaredDistance", 0.0625f),
            Is("largestReach", 1.25f), Is("rowSums", _scratch.RowSums), Is("columnSums", _scratch.ColumnSums),
            Is("tileEnergies", _scratch.TileEnergies), Is("closeTiles", _scratch.CloseTiles),
        ];
        (string, KernelArgument)[] CloseForces(float* pairs, int column, int columns, int ofColumns) =>
        [
            Is("pairs", pairs), Is("stride", 40), Is("row", 3), Is("rows", 5), Is("column", column), Is("columns", columns),
            Is("tileRows", 8), Is("ofColumns", ofColumns), Is("centroids", _batch.Centroids), Is("width", 10),
            Is("centroidForces", _batch.CentroidForces), Is("closeTiles", _scratch.CloseTiles),
        ];
        (string, KernelArgument)[] PairSums(int column, int columns, int mirrored) =>
        [
            Is("rowSums", _scratch.RowSums), Is("columnSums", _scratch.ColumnSums), Is("tileEnergies", _scratch.TileEnergies),
            Is("row", 3), Is("rows", 5), Is("column", column), Is("columns", columns), Is("tileRows", 8),
            Is("mirrored", mirrored), Is("contactSums", _batch.ContactSums), Is("radiusGradients", _batch.RadiusGradients),
            Is("energy", _batch.Energy),
        ];
    }

    [SkippableFact]
    public void LossOfEnergy_TakesEnergyRadiiAndWeights()
    {
        _kernels.LossOfEnergy(_batch, Loss, Slope);

        LaunchShapes().Should().Equal("loss_of_energy 1x1x1 256x1x1");
        Launch(0).ShouldTake(
            Is("energy", _batch.Energy), Is("radii", _batch.Radii), Is("images", 20), Is("repulsionWeight", 0.5), Is("sizeWeight", 0.125),
            Is("logEnergy", 1), Is("loss", Loss), Is("slope", Slope));
    }

    [SkippableTheory]
    [InlineData(2, 2, 1, "project_gradient 2x1x1 128x1x1", "add_partial_sums 1x1x1 16x16x1")]
    [InlineData(16, 2000, 256, "project_gradient 16x1x1 256x1x1", "add_partial_sums 16x1x1 16x16x1")]
    public void Gradient_LaunchesForTheShape(int views, int images, int width, params string[] expected)
    {
        var shape = new BatchShape(views, images, width);

        _kernels.Gradient(Rows(shape), MemoryOf(shape), Projected, Sums);

        LaunchShapes().Should().Equal(expected);
    }

    [SkippableFact]
    public void Gradient_TakesWhatTheBatchHolds()
    {
        _kernels.Gradient(Rows(Shape), _batch, Projected, Sums);

        Launch(0).ShouldTake([
            .. Embeddings, Is("exactMean", _batch.ExactMean), Is("mean", _batch.Mean), Is("centroids", _batch.Centroids),
            Is("centroidForces", _batch.CentroidForces), Is("contactSums", _batch.ContactSums), Is("radiusGradients", _batch.RadiusGradients),
            Is("radii", _batch.Radii), Is("inverseNorms", _batch.InverseNorms), Is("exactInverseNorms", _scratch.ExactInverseNorms),
            Is("delicate", _batch.Delicate), Is("radiusScale", 2.5), Is("sizeWeight", 0.125), Is("along", _scratch.Along),
            Is("exactCentroids", _scratch.ExactCentroids), Is("projected", Projected), Is("partialSums", _scratch.PartialSums)]);
        Launch(1).ShouldTake(
            Is("partialSums", _scratch.PartialSums), Is("chunks", 16), Is("width", 10), Is("sums", Sums), Is("count", 0), Is("exactMean", 0L),
            Is("mean", _batch.Mean));
    }

    [SkippableTheory]
    [InlineData(2, 2, 1, "1x1x1")]
    [InlineData(4, 512, 300, "3x64x1")]
    [InlineData(4, 1_000_000, 300, "3x65535x1")]
    public void Centre_LaunchesForTheShape(int views, int images, int width, string grid)
    {
        _kernels.Centre(new BatchShape(views, images, width), Projected, Sums, Slope, Upstream, ElementType.Float32, Result);

        LaunchShapes().Should().Equal($"centre_gradient {grid} 32x8x1");
    }

    [SkippableFact]
    public void Centre_TakesGradientSlopeAndUpstream()
    {
        var shape = Shape with { AllImages = 40 };

        _kernels.Centre(shape, Projected, Sums, Slope, Upstream, ElementType.Float32, Result);
        _kernels.Centre(shape, Projected, Sums, Slope, null, ElementType.Float32, Projected);

        Launch(0).ShouldTake(
            Is("projected", Projected), Is("sums", Sums), Is("count", 120), Is("rows", 60), Is("width", 10), Is("slope", Slope),
            Is("upstream", Upstream), Is("result", Result));
        (Launch(1).Long("upstream"), Launch(1).Long("result")).Should().Be((0, (long)Projected));
    }

    [SkippableTheory]
    [InlineData(ScalarType.Float32, "-DELEMENT_FLOAT32")]
    [InlineData(ScalarType.Float16, "-DELEMENT_FLOAT16")]
    [InlineData(ScalarType.BFloat16, "-DELEMENT_BFLOAT16")]
    public void EachType_HasKernelsOfItsOwn(ScalarType dtype, string define)
    {
        var element = FusedLoss.ElementOf(dtype);

        _kernels.SumEmbeddings(Rows(Shape, element), _batch);
        _kernels.Centre(Shape, Projected, Sums, Slope, null, element, Result);

        _driver.LoadedImages.Should().HaveCount(2).And.AllSatisfy(image => image.Should().Contain(define));
    }

    [SkippableFact]
    public void Loss_OfSeveralStrips_MultipliesBetweenTheLaunches()
    {
        var product = new Recorder(_driver);
        var kernels = new CudaPackingKernels(_device, product, Options, largestStrip: (12, 16));
        var batch = new BatchMemory(Memory, Shape, kernels, workers: 1);

        FusedPacking.Loss(kernels, Rows(Shape), batch, exchange: null, forces: true, Loss, Slope);

        // Rows 0 to 12 against columns 0 to 16 and 16 to 20, then rows 12 to 20 against themselves.
        product.Products.Should().Equal(
            "3: 12x10 10x16 -> 12x16", "10: 12x16 16x10 += 12x10", "10: 4x12 12x10 += 4x10",
            "10: 12x10 10x4 -> 12x4", "14: 12x4 4x10 += 12x10", "14: 4x12 12x10 += 4x10",
            "14: 8x10 10x8 -> 8x8", "17: 8x8 8x10 += 8x10");
    }

    [SkippableTheory]
    [InlineData(true, 8, 0, 4096, true)]
    [InlineData(true, 8, 0, 4095, false)]
    [InlineData(true, 7, 5, 4096, false)]
    [InlineData(false, 9, 0, 4096, false)]
    public void SplitProducts_OfManyImagesOnTensorCores_HaveMemoryOfTheirOwn(bool allowed, int major, int minor, int images, bool expected)
    {
        _driver.SetComputeCapability(major, minor);
        using var device = Open();
        var kernels = new CudaPackingKernels(device, device.Product, new() { SplitProducts = allowed });
        var shape = new BatchShape(2, images, 64);

        var batch = new BatchMemory(Memory, shape, kernels, workers: 1);

        (kernels.ProductOf(batch) is SplitProduct).Should().Be(expected);
        var more = kernels.ScratchBytes(shape, 1) - new CudaPackingKernels(device, device.Product, Options).ScratchBytes(shape, 1);
        more.Should().Be(expected ? 3 * sizeof(ushort) * (4096 * 1024 + Math.Max(4096 * 64, 64 * 1024)) : 0);
    }

    [SkippableFact]
    public void Launches_AllocateNoManagedMemory()
    {
        Step();
        var before = GC.GetAllocatedBytesForCurrentThread();

        Step();

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(1024);

        void Step()
        {
            _kernels.SumEmbeddings(Rows(Shape), _batch);
            _kernels.Statistics(Rows(Shape), _batch);
            _kernels.Gradient(Rows(Shape), _batch, Projected, Sums);
        }
    }

    private static (string, KernelArgument)[] Embeddings =>
    [
        Is("z", Rows(Shape).Data), Is("viewStride", (1L << 31) + 5), Is("imageStride", 8L << 30), Is("views", 3), Is("images", 20), Is("width", 10),
    ];

    private static (string Name, KernelArgument Value) Is(string name, KernelArgument value) => (name, value);

    /// <summary>Strides beyond 32 bits are passed whole.</summary>
    private static EmbeddingRows Rows(BatchShape shape, ElementType element = ElementType.Float32) =>
        new((void*)0x6000_0000_0004, element, (1L << 31) + 5, 8L << 30, shape);

    private CudaDevice Open() => new(
        new CudaDriver(_driver.File), new KernelCompiler(new Nvrtc(_nvrtc.File), new KernelCache(null)), () => _cublas.File, 0);

    private BatchMemory MemoryOf(BatchShape shape) => new(Memory, shape, _kernels, workers: 1);

    private KernelLaunch Launch(int index) => _driver.Launches[index];

    private IEnumerable<string> LaunchShapes() => _driver.Launches.Select(launch => $"{launch.Kernel} {launch.Grid} {launch.Block}");

    /// <summary>Writes products down, each after the number of launches before it.</summary>
    private sealed class Recorder(FakeDriver driver) : IMatrixProduct
    {
        public List<string> Products { get; } = [];

        public void Multiply(Matrix left, Matrix right, Matrix result, bool accumulate) => Products.Add(
            $"{driver.Launches.Count}: {Size(left)} {Size(right)} {(accumulate ? "+=" : "->")} {Size(result)}");

        private static string Size(Matrix matrix) => $"{matrix.Rows}x{matrix.Columns}";
    }
}
