using Clamp.Losses.Tests.Support;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Distributed;

public sealed class SingleProcessGroupTests : TorchTest
{
    private static readonly SingleProcessGroup Group = SingleProcessGroup.Instance;

    [Fact]
    public void Group_IsRankZeroOfOne() => (Group.Rank, Group.WorldSize).Should().Be((0, 1));

    [Fact]
    public void AllGather_GivesACopy()
    {
        var local = ones(2, 3);

        var gathered = Group.AllGather(local);
        gathered.zero_();

        local.sum().Value().Should().Be(6);
    }

    [Fact]
    public void AllReduceSumAndBroadcast_LeaveTheTensor()
    {
        var values = ones(2, 3);

        Group.AllReduceSum(values);
        Group.Broadcast(values, root: 0);
        Group.Barrier();

        values.sum().Value().Should().Be(6);
    }

    [Fact]
    public void Broadcast_FromAnotherRank_Throws()
    {
        var values = ones(2);
        var act = () => Group.Broadcast(values, root: 1);
        act.Should().Throw<ArgumentOutOfRangeException>().WithParameterName("root");
    }
}
