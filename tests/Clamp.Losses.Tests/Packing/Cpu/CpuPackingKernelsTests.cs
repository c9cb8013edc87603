using Clamp.Losses.Packing;
using Clamp.Losses.Packing.Cpu;
using Clamp.Losses.Packing.Cpu.Lanes;
using Clamp.Losses.Tensors;
using Clamp.Losses.Tests.Support;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Packing.Cpu;

public sealed class Lanes512KernelTests() : CpuPackingKernelsContract(options => new CpuPackingKernels<Lanes512>(options));

public sealed class Lanes256KernelTests() : CpuPackingKernelsContract(options => new CpuPackingKernels<Lanes256>(options));

public sealed class Lanes128KernelTests() : CpuPackingKernelsContract(options => new CpuPackingKernels<Lanes128>(options));

public sealed class Lanes1KernelTests() : CpuPackingKernelsContract(options => new CpuPackingKernels<Lanes1>(options));

/// <summary>What runs where libtorch exports neither its OpenMP nor its BLAS: Windows, macOS and others.</summary>
public sealed class ThreadPoolAndTorchProductKernelTests()
    : CpuPackingKernelsContract(options => new CpuPackingKernels<Lanes256>(options, new ThreadTeam(0), new MatrixProduct(0)));

/// <summary>Each kernel alone against plain loops in double, in lanes of every width, whatever the machine has.</summary>
public abstract unsafe class CpuPackingKernelsContract : TorchTest
{
    private readonly Func<ClampLossOptions, IPackingKernels> _create;

    private protected CpuPackingKernelsContract(Func<ClampLossOptions, IPackingKernels> create) => _create = create;

    public static TheoryData<int, int, int> Shapes => new()
    {
        { 2, 2, 1 }, { 2, 3, 2 }, { 3, 5, 7 }, { 4, 9, 16 }, { 5, 33, 17 }, { 33, 4, 31 }, { 2, 70, 70 }, { 3, 130, 513 }, { 2, 9, 2100 },
    };

    [Theory, MemberData(nameof(Shapes))]
    public void Statistics_MatchPlainLoops(int views, int images, int width)
    {
        var embeddings = Embeddings(views, images, width);
        using var memory = MemoryFor(embeddings, _create(new ClampLossOptions { RadiusScale = 2.5 }));

        memory.Measure(embeddings);

        var expected = PlainPacking.Of(embeddings, radiusScale: 2.5);
        memory.Centroids.RelativeDistanceTo(tensor(expected.Centroids)).Should().BeLessThan(1e-6);
        memory.Radii.RelativeDistanceTo(tensor(expected.Radii)).Should().BeLessThan(1e-6);
        memory.SquaredNorms.RelativeDistanceTo(memory.Centroids.to(float64).square().sum([1])).Should().BeLessThan(1e-7);
        memory.CentroidForces.abs().sum().Value().Should().Be(0);
        (memory.ContactSums.abs().sum().Value(), memory.RadiusGradients.abs().sum().Value(), memory.Energy).Should().Be((0, 0, 0));
    }

    [Theory]
    [InlineData(16, 16, false, 2.0)]
    [InlineData(33, 65, true, 2.0)]
    [InlineData(70, 19, true, 1.5)]
    [InlineData(17, 17, false, 2.7)]
    [InlineData(17, 60, false, 3.0)]
    [InlineData(120, 120, false, 2.5)]
    [InlineData(1, 1, true, 3.0)]
    public void Interactions_MatchPlainLoops(int rows, int columns, bool beside, double exponent)
    {
        var embeddings = Embeddings(3, 140, 24);
        var options = Options(exponent, repulsion: 0.7, minSeparation: 0.2, maxContactDistance: 1.4);
        var kernels = _create(options);
        using var memory = MemoryFor(embeddings, kernels);
        memory.Measure(embeddings);
        var strip = new PairStrip(20, rows, beside ? 70 : 20, columns);
        var pairs = GramOf(memory, strip);

        var touching = kernels.Interactions(strip, StepMemory.MatrixOf(pairs), forces: true, memory.Batch);

        var expected = PlainInteractions.Of(memory, strip, options);
        touching.Should().Be(expected.Contacts > 0);
        memory.Energy.Should().BeApproximately(expected.Energy, 1e-5 * expected.Energy);
        ForcesOf(pairs, strip, memory).RelativeDistanceTo(tensor(expected.Forces)).Should().BeLessThan(1e-5);
        memory.RadiusGradients.RelativeDistanceTo(tensor(expected.RadiusGradients)).Should().BeLessThan(1e-5);
    }

    [Theory]
    [InlineData(100, 100)]
    [InlineData(50, 100)]
    public void Interactions_ClosePairs_AreExactToFloat32(int rows, int columns)
    {
        var direction = RandomEmbeddings(1, 1, 40, seed: 4);
        var embeddings = (direction + 0.05 * RandomEmbeddings(3, 50, 40)).to(float32);
        embeddings = cat([embeddings, -embeddings], 1);
        var options = Options(2, repulsion: 1, minSeparation: 1e-3, maxContactDistance: 1.5);
        var kernels = _create(options);
        using var memory = MemoryFor(embeddings, kernels);
        memory.Measure(embeddings);
        var strip = new PairStrip(0, rows, 0, columns);
        var pairs = GramOf(memory, strip);

        kernels.Interactions(strip, StepMemory.MatrixOf(pairs), forces: true, memory.Batch);

        var expected = PlainInteractions.Of(memory, strip, options);
        memory.Energy.Should().BeApproximately(expected.Energy, 1e-5 * expected.Energy);
        pairs.min().Value().Should().Be(0, "close pairs are taken out of A");
        ForcesOf(pairs, strip, memory).RelativeDistanceTo(tensor(expected.Forces)).Should().BeLessThan(1e-5);
    }

    [Fact]
    public void Interactions_NaN_IsAContact()
    {
        var kernels = _create(Options(2, repulsion: 1, minSeparation: 0, maxContactDistance: 1.5));
        var embeddings = Embeddings(3, 20, 5);
        using var memory = MemoryFor(embeddings, kernels);
        memory.Measure(embeddings);
        StepMemory.Set(memory.Batch.SquaredNorms, ones(20));
        StepMemory.Set(memory.Batch.Radii, full(20, 0.1f));
        var pairs = zeros(20, 20);
        pairs[7, 11] = float.NaN;

        kernels.Interactions(new PairStrip(0, 20, 0, 20), StepMemory.MatrixOf(pairs), true, memory.Batch);

        memory.Energy.Should().Be(double.NaN);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Gradient_MatchesPlainLoops(int views, int images, int width)
    {
        var embeddings = Embeddings(views, images, width);
        var options = new ClampLossOptions { RadiusScale = 2.5, SizeWeight = 0.1 };
        var kernels = _create(options);
        using var memory = MemoryFor(embeddings, kernels);
        memory.Measure(embeddings);
        StepMemory.Set(memory.Batch.CentroidForces, RandomEmbeddings(1, images, width, seed: 5)[0]);
        StepMemory.Set(memory.Batch.ContactSums, RandomEmbeddings(1, memory.Batch.Workers, images, seed: 6)[0]);
        StepMemory.Set(memory.Batch.RadiusGradients, RandomEmbeddings(1, memory.Batch.Workers, images, seed: 8)[0]);
        var (projected, sums) = (empty_like(embeddings), empty(width, float64));

        kernels.Gradient(
            StepMemory.RowsOf(embeddings), memory.Batch, (float*)TensorMemory.Of(projected), (double*)TensorMemory.Of(sums));

        var expected = PlainPacking.Of(embeddings, radiusScale: 2.5).Project(memory, options);
        var scale = memory.CentroidForces.norm().Value();
        (projected.to(float64) - expected).norm().Value().Should().BeLessThan(1e-5 * (scale + expected.norm().Value()));
        sums.RelativeDistanceTo(projected.to(float64).sum([0, 1])).Should().BeLessThan(1e-5);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Centre_SubtractsTheMeanAndScales(int views, int images, int width)
    {
        var projected = Embeddings(views, images, width);
        var (exact, result) = (projected.to(float64), empty_like(projected));
        var sums = exact.sum([0, 1]);
        var (slope, upstream) = (1.5, -2f);

        _create(new ClampLossOptions()).Centre(
            StepMemory.ShapeOf(projected), (float*)TensorMemory.Of(projected), (double*)TensorMemory.Of(sums),
            &slope, &upstream, ElementType.Float32, TensorMemory.Of(result));

        result.RelativeDistanceTo((exact - exact.mean([0, 1])) * -3).Should().BeLessThan(1e-6);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Product_OfPartsOfMatrices_MatchesTorch(bool transposed, bool accumulate)
    {
        var (left, right) = (randn(transposed ? [7, 30] : [30, 7]), randn(7, 20));
        var result = randn(30, 40);
        var expected = result.clone();
        var (rows, part) = (left.narrow(transposed ? 1 : 0, 3, 25), expected.narrow(0, 2, 25).narrow(1, 10, 20));
        part.copy_((accumulate ? part.clone() : zeros_like(part)) + (transposed ? rows.t() : rows).mm(right));
        var factor = new Matrix((float*)TensorMemory.Of(rows), transposed ? 7 : 25, transposed ? 25 : 7, transposed ? 30 : 7);

        _create(new ClampLossOptions()).ProductOf(default).Multiply(
            transposed ? factor.Transposed : factor,
            StepMemory.MatrixOf(right),
            StepMemory.MatrixOf(result).RowsFrom(2, 25).ColumnsFrom(10, 20),
            accumulate);

        result.RelativeDistanceTo(expected).Should().BeLessThan(1e-6);
    }

    private static ClampLossOptions Options(double exponent, double repulsion, double minSeparation, double maxContactDistance) => new()
    {
        RadiusScale = 2.5,
        PotentialExponent = exponent,
        RepulsionWeight = repulsion,
        MinSeparation = minSeparation,
        MaxContactDistance = maxContactDistance,
    };

    private static Tensor Embeddings(int views, int images, int width) =>
        ClusteredEmbeddings(views, images, width, noise: 0.4, dtype: ScalarType.Float32);

    private static StepMemory MemoryFor(Tensor embeddings, IPackingKernels kernels) => new(kernels, StepMemory.ShapeOf(embeddings));

    private static Tensor GramOf(StepMemory memory, PairStrip strip) =>
        memory.Centroids.narrow(0, strip.Row, strip.Rows).mm(memory.Centroids.narrow(0, strip.Column, strip.Columns).t());

    /// <summary>A C - sum(A) c, of rows and, beside the diagonal, of columns, with what close pairs have added already.</summary>
    private static Tensor ForcesOf(Tensor factors, PairStrip strip, StepMemory memory)
    {
        var (forces, centroids) = (memory.CentroidForces.to(float64), memory.Centroids.to(float64));
        var exact = factors.to(float64);
        forces.narrow(0, strip.Row, strip.Rows).add_(exact.mm(centroids.narrow(0, strip.Column, strip.Columns)));
        var (first, beside) = (strip.Column + strip.Unmirrored, strip.Columns - strip.Unmirrored);
        if (beside > 0)
        {
            forces.narrow(0, first, beside).add_(exact.narrow(1, strip.Unmirrored, beside).t().mm(centroids.narrow(0, strip.Row, strip.Rows)));
        }

        return forces - memory.ContactSums.unsqueeze(1) * centroids;
    }
}
