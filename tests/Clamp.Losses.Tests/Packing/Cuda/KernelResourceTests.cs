using System.Globalization;
using System.Text.RegularExpressions;
using Clamp.Losses.Packing.Cuda.Driver;
using Clamp.Losses.Tests.Packing.Cuda.Driver;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Packing.Cuda;

/// <summary>
/// Every kernel, compiled by NVRTC for every GPU from 7.0 on that it knows, spills nothing, needs no stack, and leaves registers and shared
/// memory for as many blocks on a multiprocessor as its launch counts on.
/// </summary>
public sealed partial class KernelResourceTests
{
    private const int OldestArchitecture = 70;

    /// <summary>Registers of a thread and bytes of shared memory of a block, at most; 64 registers let 1,024 threads run.</summary>
    private static readonly Dictionary<string, (int Registers, int SharedBytes)> Ceilings = new()
    {
        ["sum_embeddings"] = (40, 8 << 10),
        ["add_partial_sums"] = (40, 2 << 10),
        ["measure_images"] = (64, 17 << 10),
        ["interact_pairs"] = (64, 10 << 10),
        ["close_forces"] = (64, 0),
        ["add_pair_sums"] = (64, 64),
        ["loss_of_energy"] = (32, 64),
        ["project_gradient"] = (88, 24 << 10),
        ["centre_gradient"] = (40, 0),
        ["split_matrix"] = (40, 0),
    };

    public static TheoryData<string, ScalarType> Programs
    {
        get
        {
            var programs = new TheoryData<string, ScalarType>();
            foreach (var name in KernelSources.Names)
            {
                ScalarType[] dtypes = name.StartsWith("Embedding", StringComparison.Ordinal)
                    ? [ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16]
                    : [ScalarType.Float32];
                Array.ForEach(dtypes, dtype => programs.Add(name, dtype));
            }

            return programs;
        }
    }

    [SkippableTheory, MemberData(nameof(Programs))]
    public void Kernels_CompiledForAnyGpu_StayWithinTheirCeilings(string name, ScalarType dtype)
    {
        var nvrtc = MachineNvrtc.Open();
        foreach (var architecture in nvrtc.Architectures.Where(known => known >= OldestArchitecture))
        {
            string[] options =
                ["--std=c++17", $"--gpu-architecture=sm_{architecture}", .. KernelSources.DefinitionsFor(dtype), "--ptxas-options=-v"];

            var log = nvrtc.Compile(KernelSource.Embedded(name, []), options, machineCode: true).Log;

            var entries = EntryPoint().Matches(KernelSources.Named(name)).Select(match => match.Groups[1].Value);
            var accounts = Account().Matches(log).ToDictionary(match => match.Groups["name"].Value);
            accounts.Keys.Should().BeEquivalentTo(entries, "the compiler accounts for each entry point in {0}", log);
            accounts.Should().AllSatisfy(each => ShouldStayWithin(each.Key, each.Value, architecture));
        }
    }

    private static void ShouldStayWithin(string kernel, Match account, int architecture)
    {
        var shared = account.Groups["shared"];
        account.Groups["stack"].Value.Should().Be("0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads", kernel);
        Number(account.Groups["registers"]).Should().BeLessThanOrEqualTo(Ceilings[kernel].Registers, "{0}, {1}", kernel, architecture);
        (shared.Success ? Number(shared) : 0).Should().BeLessThanOrEqualTo(Ceilings[kernel].SharedBytes, "{0}, {1}", kernel, architecture);

        static int Number(Group digits) => int.Parse(digits.Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex("""extern "C" __global__ void (?:__launch_bounds__\(.*?\) )?(\w+)\(""")]
    private static partial Regex EntryPoint();

    [GeneratedRegex(
        @"Function properties for (?<name>\w+)\s+ptxas\s+\.?\s*(?<stack>\d+ bytes stack frame, .* spill loads)"
        + @"\s.*Used (?<registers>\d+) registers(?:.*?(?<shared>\d+) bytes smem)?")]
    private static partial Regex Account();
}
