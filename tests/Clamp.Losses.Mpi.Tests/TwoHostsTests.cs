namespace Clamp.Losses.Mpi.Tests;

/// <summary>Jobs of four processes, two on each of two hosts that see each other over a network only.</summary>
public sealed class TwoHostsTests
{
    [SkippableFact]
    public void ProcessesOfTwoHostsAreOneGroup()
    {
        var job = MpiJobs.RunOnTwoHosts(2, "gather-unequal", "sum-bits", "broadcast-strided", "disagreement", "machine");
        job.Output.Should().Contain("gather-unequal: passed").And.Contain("sum-bits: passed").And.Contain("broadcast-strided: passed");
        job.Output.Should().Contain("disagreement: passed").And.Contain("machine: passed");
        job.ExitCode.Should().Be(0);
    }

    [SkippableTheory]
    [InlineData("throw")]
    [InlineData("kill")]
    public void AFaultOnOneHostEndsTheJobOnBoth(string fault)
    {
        var job = MpiJobs.RunOnTwoHosts(2, fault);
        job.ExitCode.Should().NotBe(0);
        job.AfterFault.Should().BeLessThan(TimeSpan.FromSeconds(10));
    }
}
