using System.Diagnostics;
using Clamp.Losses.Packing.Cpu;

namespace Clamp.Losses.Tests.Packing.Cpu;

/// <summary>The fused tests again in processes whose runtime has wide vectors switched off, so that the fallbacks really run.</summary>
public sealed class NarrowerMachineTests
{
    private const string ExpectedKernels = "CLAMP_EXPECTED_KERNELS";

    [SkippableTheory]
    [InlineData("Lanes256", "DOTNET_EnableAVX512", "DOTNET_EnableAVX512F")]
    [InlineData("Lanes128", "DOTNET_EnableAVX2")]
    [InlineData("Lanes1", "DOTNET_EnableHWIntrinsic")]
    public async Task FusedTests_WithWideVectorsSwitchedOff_Pass(string lanes, params string[] switches)
    {
        Skip.If(Environment.GetEnvironmentVariable(ExpectedKernels) is not null, "This is the narrower process.");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { "vstest", typeof(NarrowerMachineTests).Assembly.Location, $"--TestCaseFilter:{Filter}" })
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment[ExpectedKernels] = lanes;
        foreach (var name in switches)
        {
            start.Environment[name] = "0";
        }

        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        process.ExitCode.Should().Be(0, "the narrower process says {0}{1}", output, await errors);
        output.Should().Contain("Passed");
    }

    [SkippableFact]
    public void Kernels_InANarrowerProcess_AreNarrower()
    {
        var expected = Environment.GetEnvironmentVariable(ExpectedKernels);
        Skip.If(expected is null, "This process has all its vectors.");

        var kernels = CpuPackingKernels.Create(new ClampLossOptions());

        kernels.GetType().GenericTypeArguments.Should().ContainSingle().Which.Name.Should().Be(expected);
    }

    private static string Filter =>
        $"FullyQualifiedName~{nameof(FusedFloat32Tests)}|FullyQualifiedName~{nameof(FusedPackingTests)}"
        + $"|FullyQualifiedName~{nameof(Kernels_InANarrowerProcess_AreNarrower)}";
}
