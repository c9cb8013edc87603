namespace Clamp.Losses.Mpi.Tests;

public sealed class MpiProcessGroupTests(MpiProcessGroupTests.Jobs jobs) : IClassFixture<MpiProcessGroupTests.Jobs>
{
    private static readonly string[] Cases =
    [
        "gather", "gather-unequal", "gather-strided", "gather-in-turn",
        "sum", "sum-strided", "sum-large", "sum-in-pieces", "sum-bits",
        "broadcast", "broadcast-strided", "broadcast-in-pieces",
        "disagreement", "wrong-argument",
        "loss-golden", "loss-bytes", "loss-geometry", "loss-disagreement",
        "parameters", "counters", "machine", "tensors", "threads", "dispose", "second-group", "runtime",
    ];

    public static IEnumerable<object[]> RanksAndCases =>
        from ranks in new[] { 1, 2, 3, 5 } from name in Cases select new object[] { ranks, name };

    [SkippableTheory]
    [MemberData(nameof(RanksAndCases))]
    public void EveryProcessOfAJobPasses(int ranks, string name)
    {
        var job = jobs.Of(ranks);
        job.Output.Should().Contain($"{name}: passed");
    }

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void AJobWithoutFaultsEndsWithZero(int ranks) => jobs.Of(ranks).ExitCode.Should().Be(0);

    [SkippableFact]
    public void AProcessThatMpirunDidNotStartIsAGroupOfOne()
    {
        Skip.IfNot(MpiJobs.MpiIsInstalled, "There is no MPI here (Debian: apt install openmpi-bin).");
        var job = MpiJobs.RunAlone([], "gather", "sum", "broadcast", "machine");
        job.Output.Should().Contain("gather: passed").And.Contain("sum: passed").And.Contain("broadcast: passed").And.Contain("machine: passed");
        job.ExitCode.Should().Be(0);
    }

    [SkippableFact]
    public void UcxBeneathMpiLeavesTheRuntimeItsSignals()
    {
        var ucx = new Dictionary<string, string>
        {
            ["OMPI_MCA_pml"] = "ucx",
            ["OMPI_MCA_pml_ucx_tls"] = "any",
            ["OMPI_MCA_pml_ucx_devices"] = "any",
        };
        var job = MpiJobs.RunWith(ucx, 2, "sum", "runtime");
        Skip.If(job.Output.Contains("MPI_INIT failed", StringComparison.Ordinal), "This MPI is built without UCX.");
        job.Output.Should().Contain("sum: passed").And.Contain("runtime: passed");
    }

    /// <summary>One job for all cases of a number of ranks: starting processes is what takes the time.</summary>
    public sealed class Jobs
    {
        private readonly Dictionary<int, JobResult> _results = [];

        internal JobResult Of(int ranks)
        {
            if (!_results.TryGetValue(ranks, out var result))
            {
                _results[ranks] = result = MpiJobs.Run(ranks, Cases);
            }

            return result;
        }
    }
}
