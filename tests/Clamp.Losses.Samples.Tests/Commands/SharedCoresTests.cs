using Clamp.Losses.Samples.Commands;

namespace Clamp.Losses.Samples.Tests.Commands;

public sealed class SharedCoresTests
{
    [Theory]
    [InlineData(16, 16, 16, 4, 4)]
    [InlineData(16, 16, 16, 5, 3)]
    [InlineData(2, 2, 2, 4, 1)]
    [InlineData(8, 8, 16, 4, 4)] // bound to one of two sockets
    [InlineData(1, 1, 64, 2, 1)] // bound to a core
    [InlineData(2, 64, 64, 2, 1)] // a container with the time of two of 64 cores
    public void Share_OfAMachine_AsksForNoMoreThreadsThanCores(int usable, int bound, int all, int processes, int threads) =>
        SharedCores.Share(usable, bound, all, processes).Should().Be(threads);

    [Theory]
    [InlineData("0", 1)]
    [InlineData("0-3", 4)]
    [InlineData("0-3,8,10-11", 7)]
    public void Count_OfALinuxList_CountsCores(string list, int cores) => SharedCores.Count(list).Should().Be(cores);
}
