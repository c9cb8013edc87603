using System.Text.RegularExpressions;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Packing.Cuda;

/// <summary>Every kernel, compiled by NVRTC for every GPU it is meant for, needs registers alone: no spills, no stack.</summary>
public sealed partial class KernelResourceTests
{
    public static TheoryData<string, string, ScalarType> Programs
    {
        get
        {
            var programs = new TheoryData<string, string, ScalarType>();
            foreach (var architecture in new[] { "sm_70", "sm_75", "sm_80", "sm_86", "sm_89", "sm_90" })
            {
                foreach (var name in new[] { "PairInteractions.cu", "CloseForces.cu", "PairSums.cu" })
                {
                    programs.Add(architecture, name, ScalarType.Float32);
                }

                foreach (var dtype in new[] { ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16 })
                {
                    programs.Add(architecture, "EmbeddingStatistics.cu", dtype);
                    programs.Add(architecture, "EmbeddingGradient.cu", dtype);
                }
            }

            return programs;
        }
    }

    [SkippableTheory, MemberData(nameof(Programs))]
    public void Kernels_CompiledForAGpu_NeitherSpillNorNeedAStack(string architecture, string name, ScalarType dtype)
    {
        var log = NvrtcProgram.LogOf(name, dtype, architecture);
        Skip.If(log.Contains("invalid value for --gpu-architecture"), $"This NVRTC no longer knows {architecture}.");

        var entries = EntryPoint().Matches(KernelSources.Named(name)).Select(match => match.Groups[1].Value);
        var accounts = Account().Matches(log).ToDictionary(match => match.Groups[1].Value);
        accounts.Keys.Should().BeEquivalentTo(entries, "the compiler accounts for each entry point in {0}", log);
        accounts.Values.Should().AllSatisfy(account =>
            account.Groups[2].Value.Should().Be("0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads"));
    }

    [SkippableFact]
    public void Source_ThatDoesNotCompile_IsReported() =>
        NvrtcProgram.LogOf("PairInteractions.cu", ScalarType.Float64, "sm_80").Should().Contain("Define ELEMENT_FLOAT32").And.EndWith("error 6");

    [GeneratedRegex("""extern "C" __global__ void (?:__launch_bounds__\(.*?\) )?(\w+)\(""")]
    private static partial Regex EntryPoint();

    [GeneratedRegex(@"Function properties for (\w+)\s+ptxas\s+\.?\s*(\d+ bytes stack frame, .* spill loads)")]
    private static partial Regex Account();
}
