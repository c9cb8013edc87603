using Clamp.Losses.Packing;
using Clamp.Losses.Packing.Cpu;
using Clamp.Losses.Tests.Support;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Packing.Cpu;

public sealed class Lanes512KernelTests() : CpuPackingKernelsContract(new CpuPackingKernels<Lanes512>());

public sealed class Lanes256KernelTests() : CpuPackingKernelsContract(new CpuPackingKernels<Lanes256>());

public sealed class Lanes128KernelTests() : CpuPackingKernelsContract(new CpuPackingKernels<Lanes128>());

public sealed class Lanes1KernelTests() : CpuPackingKernelsContract(new CpuPackingKernels<Lanes1>());

/// <summary>Each kernel alone against plain loops in double, in lanes of every width, whatever the machine has.</summary>
public abstract class CpuPackingKernelsContract : TorchTest
{
    private readonly IPackingKernels _kernels;

    private protected CpuPackingKernelsContract(IPackingKernels kernels) => _kernels = kernels;

    public static TheoryData<int, int, int> Shapes => new()
    {
        { 2, 2, 1 }, { 2, 3, 2 }, { 3, 5, 7 }, { 4, 9, 16 }, { 5, 33, 17 }, { 33, 4, 31 }, { 2, 70, 70 }, { 3, 130, 513 },
    };

    [Theory, MemberData(nameof(Shapes))]
    public void Statistics_MatchPlainLoops(int views, int images, int width)
    {
        var embeddings = Embeddings(views, images, width);
        using var buffers = Buffers(embeddings);

        Measure(embeddings, buffers);

        var expected = PlainPacking.Of(embeddings, radiusScale: 2.5);
        buffers.Centroids.RelativeDistanceTo(tensor(expected.Centroids)).Should().BeLessThan(1e-6);
        buffers.Radii.RelativeDistanceTo(tensor(expected.Radii)).Should().BeLessThan(1e-6);
        buffers.SquaredNorms.RelativeDistanceTo(buffers.Centroids.to(float64).square().sum([1])).Should().BeLessThan(1e-7);
    }

    [Theory]
    [InlineData(16, 16, false, 2.0)]
    [InlineData(33, 65, true, 2.0)]
    [InlineData(70, 19, true, 1.5)]
    [InlineData(17, 17, false, 2.7)]
    [InlineData(1, 1, true, 3.0)]
    public void Interactions_MatchPlainLoops(int rows, int columns, bool mirrored, double exponent)
    {
        var embeddings = Embeddings(3, 140, 24);
        using var buffers = Buffers(embeddings);
        Measure(embeddings, buffers);
        var potential = new PairPotential(2.5, exponent, 0.7, 0, 0.2, 1.4);
        var block = new PairBlock(20, rows, mirrored ? 70 : 20, columns, mirrored);
        var gram = buffers.Centroids.narrow(0, block.Row, rows).mm(buffers.Centroids.narrow(0, block.Column, columns).t());

        var touching = _kernels.Interactions(gram, block, potential, forces: true, buffers);

        var expected = PlainInteractions.Of(buffers, block, potential);
        touching.Should().Be(expected.Contacts > 0);
        buffers.Energy.item<double>().Should().BeApproximately(expected.Energy, 1e-5 * expected.Energy);
        ForcesOf(gram, block, buffers).RelativeDistanceTo(tensor(expected.Forces)).Should().BeLessThan(1e-5);
        buffers.RadiusGradients.RelativeDistanceTo(tensor(expected.RadiusGradients)).Should().BeLessThan(1e-5);
    }

    [Fact]
    public void Interactions_ClosePairs_AreExactToFloat32()
    {
        var direction = RandomEmbeddings(1, 1, 40, seed: 4);
        var embeddings = (direction + 0.05 * RandomEmbeddings(3, 50, 40)).to(float32);
        embeddings = cat([embeddings, -embeddings], 1);
        using var buffers = Buffers(embeddings);
        Measure(embeddings, buffers);
        var potential = new PairPotential(2.5, 2, 1, 0, 1e-3, 1.5);
        var block = new PairBlock(0, 50, 0, 50, Mirrored: false);
        var gram = buffers.Centroids.narrow(0, 0, 50).mm(buffers.Centroids.narrow(0, 0, 50).t());

        _kernels.Interactions(gram, block, potential, forces: true, buffers);

        var expected = PlainInteractions.Of(buffers, block, potential);
        buffers.Energy.item<double>().Should().BeApproximately(expected.Energy, 1e-5 * expected.Energy);
        ForcesOf(gram, block, buffers).RelativeDistanceTo(tensor(expected.Forces)).Should().BeLessThan(1e-5);
    }

    [Fact]
    public void Interactions_NaN_IsAContact()
    {
        using var buffers = Buffers(Embeddings(3, 20, 5));
        buffers.SquaredNorms.fill_(1);
        buffers.Radii.fill_(0.1f);
        var gram = zeros(20, 20);
        gram[7, 11] = float.NaN;

        _kernels.Interactions(gram, new PairBlock(0, 20, 0, 20, false), new PairPotential(2.5, 2, 1, 0, 0, 1.5), true, buffers);

        buffers.Energy.item<double>().Should().Be(double.NaN);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Gradient_MatchesPlainLoops(int views, int images, int width)
    {
        var embeddings = Embeddings(views, images, width);
        using var buffers = Buffers(embeddings);
        Measure(embeddings, buffers);
        buffers.CentroidForces.copy_(RandomEmbeddings(1, images, width, seed: 5)[0].to(float32));
        buffers.ContactSums.copy_(RandomEmbeddings(1, 1, images, seed: 6)[0, 0]);
        buffers.RadiusGradients.copy_(RandomEmbeddings(1, 1, images, seed: 8)[0, 0]);
        var (projected, sums) = (empty_like(embeddings), empty(width, float64));
        var potential = new PairPotential(2.5, 2, 1, 0.1, 0, 1.5);

        _kernels.Gradient(embeddings, potential, buffers, projected, sums);

        var expected = PlainPacking.Of(embeddings, radiusScale: 2.5).Project(buffers, potential);
        var scale = buffers.CentroidForces.norm().Value();
        (projected.to(float64) - expected).norm().Value().Should().BeLessThan(1e-5 * (scale + expected.norm().Value()));
        sums.RelativeDistanceTo(projected.to(float64).sum([0, 1])).Should().BeLessThan(1e-5);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Centre_SubtractsTheMeanAndScales(int views, int images, int width)
    {
        var projected = Embeddings(views, images, width);
        var (exact, result) = (projected.to(float64), empty_like(projected));
        using var slope = tensor(1.5, float64);
        using var upstream = tensor(-2f);

        _kernels.Centre(projected, exact.sum([0, 1]), (long)views * images, slope, upstream, result);

        result.RelativeDistanceTo((exact - exact.mean([0, 1])) * -3).Should().BeLessThan(1e-6);
    }

    private static Tensor Embeddings(int views, int images, int width) =>
        ClusteredEmbeddings(views, images, width, noise: 0.4, dtype: ScalarType.Float32);

    private static PackingBuffers Buffers(Tensor embeddings) =>
        new((embeddings.shape[0], embeddings.shape[1], embeddings.shape[2]), (256, 256), CPU);

    /// <summary>A C - sum(A) c, of rows and in a mirrored block of columns, with what close pairs have added already.</summary>
    private static Tensor ForcesOf(Tensor factors, PairBlock block, PackingBuffers buffers)
    {
        var (forces, centroids) = (buffers.CentroidForces.to(float64), buffers.Centroids.to(float64));
        var exact = factors.to(float64);
        forces.narrow(0, block.Row, block.Rows).add_(exact.mm(centroids.narrow(0, block.Column, block.Columns)));
        if (block.Mirrored)
        {
            forces.narrow(0, block.Column, block.Columns).add_(exact.t().mm(centroids.narrow(0, block.Row, block.Rows)));
        }

        return forces - buffers.ContactSums.unsqueeze(1) * centroids;
    }

    private void Measure(Tensor embeddings, PackingBuffers buffers)
    {
        _kernels.SumEmbeddings(embeddings, buffers);
        _kernels.Statistics(embeddings, embeddings.shape[0] * embeddings.shape[1], 2.5, buffers);
    }
}
