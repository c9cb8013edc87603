using Clamp.Losses.Samples.Diagnostics;

namespace Clamp.Losses.Samples.Tests.Diagnostics;

public sealed class DoctorTests
{
    [Fact]
    public void Examine_WhereTestsRun_FindsThatTrainingWorks()
    {
        var findings = Doctor.Examine();

        findings.Select(finding => finding.Subject).Should().Contain(
            ["system", ".NET", "processor", "TorchSharp", "libtorch", "libtorch's version", "OpenMP", "training step", "CUDA driver", "NVRTC"]);
        findings.Should().NotContain(finding => finding.Prevents);
        findings.Single(finding => finding.Subject == "training step").Found.Should().StartWith("works on the CPU");
    }
}
