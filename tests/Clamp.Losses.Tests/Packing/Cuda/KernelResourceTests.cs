using System.Text.RegularExpressions;
using Clamp.Losses.Packing.Cuda.Driver;
using Clamp.Losses.Tests.Packing.Cuda.Driver;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Packing.Cuda;

/// <summary>Every kernel, compiled by NVRTC for every GPU it is meant for, needs registers alone: no spills, no stack.</summary>
public sealed partial class KernelResourceTests
{
    public static TheoryData<int, string, ScalarType> Programs
    {
        get
        {
            var programs = new TheoryData<int, string, ScalarType>();
            foreach (var architecture in new[] { 70, 75, 80, 86, 89, 90 })
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
    public void Kernels_CompiledForAGpu_NeitherSpillNorNeedAStack(int architecture, string name, ScalarType dtype)
    {
        var nvrtc = MachineNvrtc.Open();
        Skip.IfNot(nvrtc.Architectures.Contains(architecture), $"NVRTC {nvrtc.Version} does not know compute capability {architecture}.");
        string[] options =
            ["--std=c++17", $"--gpu-architecture=sm_{architecture}", .. KernelSources.DefinitionsFor(dtype), "--ptxas-options=-v"];

        var log = nvrtc.Compile(KernelSource.Embedded(name, []), options, machineCode: true).Log;

        var entries = EntryPoint().Matches(KernelSources.Named(name)).Select(match => match.Groups[1].Value);
        var accounts = Account().Matches(log).ToDictionary(match => match.Groups[1].Value);
        accounts.Keys.Should().BeEquivalentTo(entries, "the compiler accounts for each entry point in {0}", log);
        accounts.Values.Should().AllSatisfy(account =>
            account.Groups[2].Value.Should().Be("0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads"));
    }

    [GeneratedRegex("""extern "C" __global__ void (?:__launch_bounds__\(.*?\) )?(\w+)\(""")]
    private static partial Regex EntryPoint();

    [GeneratedRegex(@"Function properties for (\w+)\s+ptxas\s+\.?\s*(\d+ bytes stack frame, .* spill loads)")]
    private static partial Regex Account();
}
