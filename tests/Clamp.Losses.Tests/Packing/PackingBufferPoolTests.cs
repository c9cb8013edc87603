using Clamp.Losses.Packing;
using Clamp.Losses.Packing.Cpu;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Packing;

public sealed unsafe class PackingBufferPoolTests : IDisposable
{
    private static readonly BatchShape Small = new(2, 10, 8);

    private readonly PackingBufferPool _pool = new();
    private readonly IPackingKernels _kernels = CpuPackingKernels.Create(new ClampLossOptions());

    private static long LiveTensors => DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

    public void Dispose() => _pool.Dispose();

    [Fact]
    public void Use_ShapesInTurn_KeepTheirMemory()
    {
        var shapes = new[] { Small, Small with { Images = 3 }, Small with { Views = 5 } };
        var first = shapes.Select(AddressFor).ToList();

        var second = shapes.Select(AddressFor).ToList();

        second.Should().Equal(first);
    }

    [Fact]
    public void Use_OneInsideAnother_GetsMemoryOfItsOwn()
    {
        nint inner = 0, outer = 0;

        _pool.Use(_kernels, CPU, Small, batch =>
        {
            outer = (nint)batch.Centroids;
            inner = AddressFor(Small);
        });

        inner.Should().NotBe(outer);
        new[] { AddressFor(Small), AddressFor(Small) }.Should().OnlyContain(address => address == inner || address == outer);
    }

    [Fact]
    public void Use_MoreShapesThanAreKept_GivesTheOldestBack()
    {
        var before = LiveTensors;

        for (int images = 2; images < 30; images++)
        {
            AddressFor(Small with { Images = images });
        }

        (LiveTensors - before).Should().BeInRange(1, 8);
    }

    [Fact]
    public void Use_WorkThatThrows_GivesItsMemoryUp()
    {
        AddressFor(Small);
        var before = LiveTensors;

        var act = () => _pool.Use(_kernels, CPU, Small, _ => throw new InvalidOperationException("so"));

        act.Should().Throw<InvalidOperationException>().WithMessage("so");
        LiveTensors.Should().Be(before - 1);
    }

    [Fact]
    public void Use_DisposedMeanwhile_KeepsNothing()
    {
        var before = LiveTensors;

        _pool.Use(_kernels, CPU, Small, _ => _pool.Dispose());

        LiveTensors.Should().Be(before);
    }

    [Fact]
    public void Use_AfterDisposal_IsRefused()
    {
        AddressFor(Small);
        _pool.Dispose();

        FluentActions.Invoking(() => AddressFor(Small)).Should().Throw<ObjectDisposedException>();
    }

    private nint AddressFor(BatchShape shape)
    {
        nint address = 0;
        _pool.Use(_kernels, CPU, shape, batch => address = (nint)batch.Centroids);
        return address;
    }
}
