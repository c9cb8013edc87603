using Clamp.Losses.Samples.Tests.Support;

namespace Clamp.Losses.Samples.Tests.Commands;

public sealed class IdleThreadsTests
{
    [SkippableTheory]
    [InlineData("OMP_DISPLAY_ENV=VERBOSE", "10000")]
    [InlineData("GOMP_SPINCOUNT=77", "77")]
    public void Program_BeforeTorchIsLoaded_TellsOpenMpHowLongToSpin(string variable, string expected)
    {
        Skip.IfNot(OperatingSystem.IsLinux());
        using var process = SampleProcess.StartWith(["OMP_DISPLAY_ENV=VERBOSE", variable], "doctor");
        process.WaitForExit();
        process.Errors.Should().Contain($"GOMP_SPINCOUNT = '{expected}'");
    }
}
