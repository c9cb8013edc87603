using System.Runtime.InteropServices;
using Clamp.Losses.GpuCheck;
using Clamp.Losses.Packing;
using Clamp.Losses.Packing.Cuda.Driver;
using Clamp.Losses.Tests.Packing.Cuda;
using Clamp.Losses.Tests.Packing.Cuda.Driver;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.GpuCheck;

/// <summary>The check of a GPU, on an emulated one.</summary>
public sealed class GpuCheckTests : IDisposable
{
    private readonly List<IDisposable> _open = [];
    private readonly StringWriter _output = new();

    public void Dispose()
    {
        _open.Reverse();
        _open.ForEach(each => each.Dispose());
        _output.Dispose();
    }

    [SkippableTheory]
    [InlineData(ScalarType.Float32, true, "plain", "alpha 3, w_size 0.01", "close pairs", "small strips", "split products", "split products, close pairs")]
    [InlineData(ScalarType.Float16, false, "plain", "close pairs")]
    [InlineData(ScalarType.BFloat16, true, "energy without logarithm")]
    public void Check_RightKernels_Passes(ScalarType dtype, bool cublas, params string[] names)
    {
        var element = FusedLoss.ElementOf(dtype);
        var gpu = OpenEmulated(element, cublas);
        var cases = CheckCase.All.Where(each => each.Element == element && names.Contains(each.Name)).ToList();
        cases.Should().HaveSameCount(names);

        KernelCheck.Run(gpu, cases, _output).Should().BeTrue("all pass in {0}", _output);
        _output.ToString().Should().Contain("PASS").And.NotContain("FAIL");
    }

    [SkippableFact]
    public void Check_SliceOfALargerTensor_Passes()
    {
        var slice = CheckCase.All.First(each => each.Margin.Width > 0) with { Shape = (2, 61, 33) };

        KernelCheck.Run(OpenEmulated(ElementType.Float32), slice).Passed.Should().BeTrue();
    }

    [SkippableTheory]
    [InlineData("nearly close pairs")]
    [InlineData("split products, nearly close pairs")]
    public void Check_NearlyClosePairs_Passes(string name)
    {
        var check = CheckCase.All.First(each => each.Name == name) with { Shape = (2, 96, 512) };

        KernelCheck.Run(OpenEmulated(ElementType.Float32, cublas: true), check).Passed.Should().BeTrue();
    }

    [SkippableFact]
    public void Check_KernelsOfAnotherType_Fails()
    {
        var gpu = OpenEmulated(ElementType.Float16);

        KernelCheck.Run(gpu, CheckCase.All.Where(each => each.Element == ElementType.Float32).Take(1), _output).Should().BeFalse();

        _output.ToString().Should().Contain("FAIL");
    }

    [SkippableFact]
    public void PlainProduct_Compiles()
    {
        var nvrtc = MachineNvrtc.Open();

        nvrtc.Compile(KernelProduct.Source, ["--std=c++17", "--gpu-architecture=sm_80"], machineCode: true).Image.Should().NotBeEmpty();
    }

    [Theory]
    [InlineData(double.NaN, 0)]
    [InlineData(0, double.NaN)]
    [InlineData(2e-5, 0)]
    [InlineData(0, 2e-4)]
    public void Result_ErrorTooLargeOrNoNumber_DoesNotPass(double lossError, double gradientError) =>
        new CheckResult(1, lossError, gradientError, 1e-4).Passed.Should().BeFalse();

    [SkippableFact]
    public void Timing_WritesEveryPart()
    {
        var gpu = OpenEmulated(ElementType.Float32, cublas: true);

        new KernelTiming(gpu, _output, copiedBytes: 1 << 16, leastSplitImages: 8).Run([(4, 7, 5), (4, 8, 5)]);

        var rows = _output.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries).Skip(3).ToList();
        rows.Should().HaveCount(25).And.AllSatisfy(row => row.Count(character => character == '|').Should().Be(10));
        rows.Should().Contain(row => row.StartsWith("| 4 | 8 | 5 | some close | 2 interactions |", StringComparison.Ordinal));
        rows.Should().ContainSingle(row => row.StartsWith("| 4 | 8 | 5 | far, split products | products |", StringComparison.Ordinal));
    }

    [Fact]
    public void Command_NoDriver_SaysWhereItLooked()
    {
        using var error = new StringWriter();
        static GpuLibraries Find() => new(NativeLibraryFile.FirstOf("The CUDA driver", ["libcuda-none.so"]), null!, null!, new KernelCache(null));

        GpuCheckCommand.Run(["--check"], Find, _output, error).Should().Be(GpuCheckCommand.Missing);

        error.ToString().Should().Contain("The CUDA driver is missing; looked for libcuda-none.so.");
    }

    [SkippableFact]
    public void Command_MachineWithoutDriver_IsRefused()
    {
        Skip.If(NativeLibrary.TryLoad("libcuda.so.1", out _) || NativeLibrary.TryLoad("nvcuda.dll", out _), "There is a driver.");
        using var error = new StringWriter();

        GpuCheckCommand.Run([], GpuLibraries.OfMachine, _output, error).Should().Be(GpuCheckCommand.Missing);

        error.ToString().Should().Contain("The CUDA driver is missing; looked for");
    }

    [Fact]
    public void Command_NegativeDevice_IsRefused()
    {
        using var error = new StringWriter();

        GpuCheckCommand.Run(["--device", "-1"], GpuLibraries.OfMachine, _output, error).Should().Be(1);

        error.ToString().Should().Contain("--device -1 was given; it must be 0 or more.");
    }

    [SkippableTheory]
    [InlineData("--time")]
    [InlineData("--time", "--device", "0")]
    public void Command_TimeWithoutCublas_IsRefused(params string[] args)
    {
        using var error = new StringWriter();
        var libraries = Emulated(ElementType.Float32, cublas: false);

        GpuCheckCommand.Run(args, () => libraries, _output, error).Should().Be(GpuCheckCommand.Missing);

        error.ToString().Should().Contain("--time needs cuBLAS").And.Contain("cuBLAS is missing; looked for libcublas-none.so.");
        _output.ToString().Should().NotContain("microseconds");
    }

    private Gpu OpenEmulated(ElementType element, bool cublas = false) => Open(new Gpu(Emulated(element, cublas), 0));

    private GpuLibraries Emulated(ElementType element, bool cublas)
    {
        var name = cublas ? Open(new FakeCublas()).Path : "libcublas-none.so";
        return new GpuLibraries(
            Open(new EmulatedDriver(Enum.Parse<ScalarType>(element.ToString()))).File,
            Open(new FakeNvrtc()).File,
            () => NativeLibraryFile.FirstOf("cuBLAS", [name]),
            new KernelCache(null));
    }

    private T Open<T>(T opened)
        where T : IDisposable
    {
        _open.Add(opened);
        return opened;
    }
}
