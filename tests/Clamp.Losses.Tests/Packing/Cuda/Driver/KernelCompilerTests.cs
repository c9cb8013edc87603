using System.Text;
using Clamp.Losses.Packing.Cuda;
using Clamp.Losses.Packing.Cuda.Driver;

namespace Clamp.Losses.Tests.Packing.Cuda.Driver;

public sealed class KernelCompilerTests : IDisposable
{
    private const string Element = "ELEMENT_FLOAT32";

    private readonly string _folder = Directory.CreateTempSubdirectory("clamp-cache-").FullName;
    private readonly KernelSource _source = new("Kernel.cu", "source", [("Common.cuh", "header")], []);
    private FakeNvrtc? _fake;

    private FakeNvrtc Fake => _fake ??= new FakeNvrtc();

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        _fake?.Dispose();
    }

    [SkippableTheory]
    [InlineData(75, "cubin Kernel.cu includes Common.cuh --std=c++17 --gpu-architecture=sm_75 -DELEMENT_FLOAT32\0")]
    [InlineData(86, "ptx   Kernel.cu includes Common.cuh --std=c++17 --gpu-architecture=compute_80 -DELEMENT_FLOAT32\0")]
    public void Compile_KnownOrNewerCard_GivesMachineCodeOrPtx(int capability, string expected)
    {
        var image = Compiler().Compile(_source, Element, capability);

        Encoding.UTF8.GetString(image).Should().Be(expected);
        Fake.Programs.Should().Be(0);
    }

    [SkippableFact]
    public void Compile_CardOlderThanAllKnown_SaysWhichAreKnown()
    {
        var act = () => Compiler().Compile(_source, Element, 61);

        act.Should().Throw<InvalidOperationException>().WithMessage("*compute capability is 61; NVRTC 11.8 compiles for 70 or later*");
    }

    [SkippableFact]
    public void Compile_Again_CompilesNothing()
    {
        var first = Compiler().Compile(_source, Element, 80);

        var second = Compiler().Compile(_source, Element, 80);

        second.Should().Equal(first);
        Fake.Compiled.Should().Be(1);
    }

    [SkippableFact]
    public void Compile_AnythingDifferent_CompilesAgain()
    {
        Compiler().Compile(_source, Element, 80);

        Compiler().Compile(_source, Element, 75);
        Compiler().Compile(_source, "ELEMENT_FLOAT16", 80);
        Compiler().Compile(_source with { Text = "other" }, Element, 80);
        Compiler().Compile(_source with { Headers = [("Common.cuh", "other")] }, Element, 80);
        Fake.SetMinorVersion(7);
        Compiler().Compile(_source, Element, 80);

        Fake.Compiled.Should().Be(6);
    }

    [SkippableFact]
    public void Compile_DamagedCache_CompilesAndRepairsIt()
    {
        var expected = Compiler().Compile(_source, Element, 80);
        File.WriteAllText(Directory.GetFiles(_folder).Single(), "damaged");

        Compiler().Compile(_source, Element, 80).Should().Equal(expected);
        Compiler().Compile(_source, Element, 80).Should().Equal(expected);

        Fake.Compiled.Should().Be(2);
    }

    [SkippableFact]
    public void Compile_Error_CarriesTheLogAndCachesNothing()
    {
        Fake.Fail("nvrtcCompileProgram");

        var act = () => Compiler().Compile(_source, Element, 80);

        act.Should().Throw<InvalidOperationException>()
            .WithMessage("nvrtcCompileProgram failed with NVRTC_ERROR_FAKE: Kernel.cu with *sm_80*: line 7: the test wanted an error");
        Directory.GetFiles(_folder).Should().BeEmpty();
        Fake.Programs.Should().Be(0);
    }

    [SkippableTheory]
    [InlineData("nvrtcVersion", 80)]
    [InlineData("nvrtcGetNumSupportedArchs", 80)]
    [InlineData("nvrtcGetSupportedArchs", 80)]
    [InlineData("nvrtcCreateProgram", 80)]
    [InlineData("nvrtcGetCUBINSize", 80)]
    [InlineData("nvrtcGetCUBIN", 80)]
    [InlineData("nvrtcGetPTXSize", 90)]
    [InlineData("nvrtcGetPTX", 90)]
    public void Compile_FunctionFails_NamesIt(string function, int capability)
    {
        Fake.Fail(function);

        var act = () => Compiler().Compile(_source, Element, capability);

        act.Should().Throw<InvalidOperationException>().WithMessage($"{function} failed with NVRTC_ERROR_FAKE: {Fake.Path}");
        Fake.Programs.Should().Be(0);
    }

    [SkippableFact]
    public void Compile_RealNvrtc_GivesMachineCode() =>
        RealImage(80).AsSpan(0, 4).ToArray().Should().Equal([0x7f, (byte)'E', (byte)'L', (byte)'F'], "a cubin is an ELF file");

    [SkippableFact]
    public void Compile_RealNvrtcAndACardOfTheFuture_GivesPtx() =>
        Encoding.UTF8.GetString(RealImage(9990)).Should().Contain(".entry interact_pairs").And.EndWith("\0");

    [SkippableFact]
    public void Compile_RealNvrtcAndBrokenSource_NamesTheLine()
    {
        var compiler = new KernelCompiler(MachineNvrtc.Open(), new KernelCache(null));

        var act = () => compiler.Compile(new KernelSource("Broken.cu", "\nint broken = ;", [], []), Element, 80);

        act.Should().Throw<InvalidOperationException>().WithMessage("*Broken.cu(2): error*");
    }

    private static byte[] RealImage(int capability)
    {
        var compiler = new KernelCompiler(MachineNvrtc.Open(), new KernelCache(null));
        return compiler.Compile(KernelSource.Embedded("PairInteractions.cu", KernelConstants.Definitions), Element, capability);
    }

    private KernelCompiler Compiler() => new(new Nvrtc(Fake.File), new KernelCache(_folder));
}
