using System.Text.RegularExpressions;
using Clamp.Losses.Tests.Support;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Packing.Cuda;

/// <summary>No two threads of a launch touch the same memory unordered, and each barrier is there for a reason that the tests notice.</summary>
public sealed partial class KernelRaceTests(RaceCheckedKernels kernels) : TorchTest, IClassFixture<RaceCheckedKernels>
{
    private static readonly Dictionary<string, Func<EmulatedCase>> Cases = new()
    {
        ["close pairs, two strips"] = () => new EmulatedCase(CloseImages(), new() { RadiusScale = 8.5, MinSeparation = 0 })
            with
        { Strip = (20, 40), MostChunks = 3, TileRows = 16 },
        ["split products"] = () => new EmulatedCase(CloseImages(), new() { RadiusScale = 2.5, SplitProducts = true })
            with
        { Strip = (20, 40) },
        ["delicate images"] = () => new EmulatedCase(DelicateImages(), new() { RadiusScale = 2.5, PotentialExponent = 2.5 })
            with
        { MostChunks = 3 },
        ["images too large to be kept"] = () => new EmulatedCase(
            ClusteredEmbeddings(9, 3, 460, 0.3, ScalarType.Float32), new() { RadiusScale = 2.5 })
            with
        { MostChunks = 2 },
    };

    public static TheoryData<string> CaseNames => new(Cases.Keys);

    public static TheoryData<string> Barriers => new(KernelSources.All.SelectMany(file =>
        file.Source.Split('\n').Index().Where(line => Barrier().IsMatch(line.Item)).Select(line => $"{file.Name}:{line.Index + 1}")));

    [SkippableTheory, MemberData(nameof(CaseNames))]
    public void Kernels_DoNotRace(string name)
    {
        kernels.SkipWithoutSanitizer();

        kernels.Run(Cases[name]()).Loss.Should().NotBe(double.NaN);
    }

    [SkippableTheory, MemberData(nameof(Barriers))]
    public void Kernels_WithoutABarrier_RaceOrGiveSomethingElse(string barrier)
    {
        kernels.SkipWithoutSanitizer();

        Cases.Values.Any(create => IsNoticed(create(), barrier)).Should().BeTrue("nothing needs the barrier at {0}", barrier);
    }

    /// <summary>A close pair beside the diagonal and one in its square, neither of which a tile's first thread sees.</summary>
    private static Tensor CloseImages()
    {
        var centres = RandomEmbeddings(1, 40, 20, seed: 1);
        centres[0, 34] = centres[0, 13] + (0.05 * RandomEmbeddings(1, 1, 20, seed: 2)[0, 0]);
        centres[0, 9] = centres[0, 6] + (0.05 * RandomEmbeddings(1, 1, 20, seed: 4)[0, 0]);
        return (centres + (0.03 * RandomEmbeddings(3, 40, 20, seed: 3))).to(float32);
    }

    private static Tensor DelicateImages() =>
        (RandomEmbeddings(1, 9, 20, seed: 1) + (1e-4 * RandomEmbeddings(5, 9, 20, seed: 2))).to(float32);

    private bool IsNoticed(EmulatedCase emulated, string barrier) =>
        kernels.TryRun(emulated, barrier).Result is not { } result || !result.Bits.SequenceEqual(kernels.Run(emulated).Bits);

    [GeneratedRegex(@"__syncthreads(_and|_or)?\(")]
    private static partial Regex Barrier();
}
