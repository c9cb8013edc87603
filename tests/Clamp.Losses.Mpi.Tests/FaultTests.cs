namespace Clamp.Losses.Mpi.Tests;

/// <summary>What becomes of a job of three processes when rank 1 fails at step 3, while the others wait for it.</summary>
public sealed class FaultTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [SkippableTheory]
    [InlineData("throw")]
    [InlineData("throw-on-thread")]
    public void AnUnhandledExceptionEndsTheJobWithItsMessage(string fault)
    {
        var job = Run(fault);
        job.ExitCode.Should().NotBe(0);
        job.Output.Should().Contain("Rank 1 of 3 ends the job: unhandled exception: System.IO.InvalidDataException: the disk is full");
    }

    [SkippableTheory]
    [InlineData("throw-handled", 5)]
    [InlineData("exit-3", 3)]
    [InlineData("all-return-4", 4)]
    public void AnExitCodeEndsTheJobWithIt(string fault, int exitCode)
    {
        var job = Run(fault);
        job.ExitCode.Should().Be(exitCode);
        job.Output.Should().Contain($"of 3 ends the job: left with exit code {exitCode}");
    }

    [SkippableTheory]
    [InlineData("kill")]
    [InlineData("fail-fast")]
    public void AProcessThatDiesEndsTheJob(string fault) => Run(fault).ExitCode.Should().NotBe(0);

    [SkippableFact]
    public void LeavingBeforeTheOthersEndsTheJob()
    {
        var job = Run("return-0");
        job.ExitCode.Should().NotBe(0);
        job.Output.Should().Contain("rank 0, 2: AllReduceSum of Float32 [1000] on CPU; rank 1: left the job");
    }

    [SkippableFact]
    public void LeavingTogetherByExitIsNoFault() => Run("all-exit-0").ExitCode.Should().Be(0);

    [SkippableFact]
    public void AFailureOfMpiIsAnExceptionWithItsText()
    {
        var job = Run("mpi-error");
        job.Output.Should().Contain("MPI_Bcast failed: MPI_ERR_ROOT: invalid root");
        job.ExitCode.Should().NotBe(0, "MPI cannot be finalised after it has failed");
    }

    [Fact]
    public void AMissingLibraryIsAnErrorThatNamesWhatToInstall()
    {
        var job = MpiJobs.RunAlone(new() { [MpiLibrary.Variable] = "/nowhere/libmpi.so" }, "sum");
        job.ExitCode.Should().NotBe(0);
        job.Output.Should().Contain("DllNotFoundException: No MPI library is found (looked for /nowhere/libmpi.so)").And.Contain("openmpi-bin");
    }

    [SkippableFact]
    public void AnotherLaunchersProcessesDoNotTrainAlone()
    {
        Skip.IfNot(MpiJobs.MpiIsInstalled, "There is no MPI here (Debian: apt install openmpi-bin).");
        var job = MpiJobs.RunAlone(new() { ["SLURM_STEP_NUM_TASKS"] = "4" }, "sum");
        job.ExitCode.Should().NotBe(0);
        job.Output.Should().Contain("4 processes were started (SLURM_STEP_NUM_TASKS), but this one's MPI library knows of no other");
    }

    private static JobResult Run(string fault)
    {
        var job = MpiJobs.Run(3, fault);
        if (job.Output.Contains("fault at", StringComparison.Ordinal))
        {
            job.AfterFault.Should().BeLessThan(Soon);
        }

        return job;
    }
}
