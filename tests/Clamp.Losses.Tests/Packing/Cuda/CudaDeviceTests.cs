using Clamp.Losses.Packing;
using Clamp.Losses.Packing.Cuda;
using Clamp.Losses.Packing.Cuda.Driver;

namespace Clamp.Losses.Tests.Packing.Cuda;

public sealed unsafe class CudaDeviceTests : IDisposable
{
    // What FakeDriver.c calls the primary context of device 3, and of device 4.
    private const string Context = "4199";
    private const string OtherContext = "4200";

    private readonly FakeDriver _driver = new();
    private readonly FakeNvrtc _nvrtc = new();
    private readonly FakeCublas _cublas = new();

    public void Dispose()
    {
        _driver.Dispose();
        _nvrtc.Dispose();
        _cublas.Dispose();
    }

    [SkippableFact]
    public void Elements_FirstTime_LoadsIntoThePrimaryContext()
    {
        using var device = Open();

        device.Elements(ElementType.Float32);

        _driver.LoadedImages.Should().HaveCount(2).And.AllSatisfy(call => call.Should().StartWith($"cuModuleLoadDataEx {Context} "));
        _driver.PushedContexts.Should().Be(0);
    }

    [SkippableFact]
    public void Elements_SecondTime_CompilesAndLoadsNothing()
    {
        using var device = Open();
        device.Elements(ElementType.Float16);
        var compiled = _nvrtc.Compiled;
        _driver.Forget();

        device.Elements(ElementType.Float16);

        _nvrtc.Compiled.Should().Be(compiled);
        _driver.Calls.Should().BeEmpty();
    }

    [SkippableFact]
    public void Elements_EachType_HasKernelsOfItsOwn()
    {
        using var device = Open();
        ElementType[] types = [ElementType.Float32, ElementType.Float16, ElementType.BFloat16];

        types.Select(device.Elements).Distinct().Should().HaveCount(3);

        _nvrtc.Compiled.Should().Be(6, "each type compiles its statistics and its gradient");
    }

    [SkippableFact]
    public void Launch_PutsTheKernelOnTheDefaultStreamOfItsDevice()
    {
        using var device = Open();
        using var other = Open(4);
        var (kernel, otherKernel) = (device.Pairs.AddPairSums, other.Pairs.AddPairSums);
        _driver.Forget();

        device.Launch(kernel, (5, 2), (64, 4), Arguments);
        other.Launch(otherKernel, (5, 2), (64, 4), Arguments);

        _driver.Launches.Select(launch => (launch.Context, launch.Stream, launch.Grid, launch.Block)).Should().Equal(
            (Context, "0", "5x2x1", "64x4x1"), (OtherContext, "0", "5x2x1", "64x4x1"));
        _driver.Calls.Select(call => call.Split(' ')[0]).Take(3).Should().Equal("cuCtxPushCurrent", "cuLaunchKernel", "cuCtxPopCurrent");
        _driver.PushedContexts.Should().Be(0);
    }

    [SkippableFact]
    public void Launch_PacksEachKindOfArgument()
    {
        using var device = Open();
        var address = (void*)(1L << 41 | 8);

        device.Launch(
            device.Elements(ElementType.Float32).MeasureImages, (1, 1), (1, 1),
            address, -3L, 1L << 40, -7, 8, int.MaxValue, (void*)null, address, -0.25, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        device.Launch(
            device.Pairs.InteractPairs, (1, 1), (1, 1), 0, 0L, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1.5f, 3f, 0f, 0f, 0, 0, 0, 0);

        var (measure, interact) = (_driver.Launches[0], _driver.Launches[1]);
        measure.Long("z").Should().Be(1L << 41 | 8);
        measure.Long("viewStride").Should().Be(-3);
        measure.Long("imageStride").Should().Be(1L << 40);
        measure.Int("views").Should().Be(-7);
        measure.Int("width").Should().Be(int.MaxValue);
        measure.Long("exactMean").Should().Be(0);
        measure.Double("radiusScale").Should().Be(-0.25);
        interact.Float("strength").Should().Be(-1.5f);
        interact.Float("exponentLessOne").Should().Be(3f);
    }

    [SkippableTheory]
    [InlineData(false, 5)]
    [InlineData(true, 6)]
    public void Dispose_UnloadsWhatWasLoadedAndReleasesTheContext(bool splitProducts, int modules)
    {
        var device = Open();
        device.Prepare(ElementType.Float32, splitProducts);
        _driver.Forget();

        device.Dispose();

        _driver.Calls.Select(call => call.Split(' ')[0]).Should().Equal(
            [
                "cuCtxPushCurrent", "cuCtxSynchronize", .. Enumerable.Repeat("cuModuleUnload", modules), "cuCtxPopCurrent",
                "cuDevicePrimaryCtxRelease",
            ]);
        _driver.Calls.Should().Contain($"cuCtxSynchronize {Context}");
        _cublas.Handles.Should().Be(0);
        _driver.PushedContexts.Should().Be(0);
    }

    [SkippableTheory]
    [InlineData("cuInit")]
    [InlineData("cuDeviceGet")]
    [InlineData("cuDeviceGetAttribute")]
    [InlineData("cuDevicePrimaryCtxRetain")]
    [InlineData("cuCtxPushCurrent")]
    [InlineData("cuModuleLoadDataEx")]
    [InlineData("cuModuleGetFunction")]
    [InlineData("cuLaunchKernel")]
    [InlineData("cuCtxPopCurrent")]
    public void AnyFunction_Fails_IsNamedWithTheDriversReason(string function)
    {
        _driver.Fail(function);

        var act = () =>
        {
            using var device = Open();
            device.Launch(device.Pairs.AddPairSums, (1, 1), (1, 1), Arguments);
        };

        act.Should().Throw<InvalidOperationException>().WithMessage($"{function} failed with FAKE_ERROR (as the test wanted)*");
        _driver.PushedContexts.Should().Be(0);
    }

    [SkippableFact]
    public void AnyFunction_FailsWithACodeTheDriverCannotName_ShowsTheCode()
    {
        _driver.Fail("cuDeviceGet", code: 999);

        var act = () => Open();

        act.Should().Throw<InvalidOperationException>().WithMessage("cuDeviceGet failed with error 999*");
    }

    [SkippableFact]
    public void Load_DriverRejectsTheImage_CarriesItsLog()
    {
        _driver.Fail("cuModuleLoadDataEx");
        using var device = Open();

        var act = () => device.Pairs;

        act.Should().Throw<InvalidOperationException>().WithMessage("*ptxas says no*");
    }

    [SkippableFact]
    public void Prepare_OpensOneHandleForProducts()
    {
        using var device = Open();

        device.Prepare(ElementType.Float32, splitProducts: false);
        device.Prepare(ElementType.Float16, splitProducts: false);

        _cublas.Handles.Should().Be(1);
    }

    [SkippableFact]
    public void Prepare_AfterAPassingFault_LoadsNothingTwice()
    {
        _driver.Fail("cuModuleLoadDataEx", after: 1);
        using var device = Open();
        var act = () => device.Prepare(ElementType.Float32, splitProducts: false);
        act.Should().Throw<InvalidOperationException>();

        act();

        var images = _driver.LoadedImages.ToList();
        images.Should().HaveCount(images.Distinct().Count() + 1, "the second was refused once");
    }

    [SkippableTheory]
    [InlineData("cuModuleLoadDataEx")]
    [InlineData("cuModuleGetFunction")]
    public void Load_FailedForAPassingReason_IsTriedAgain(string function)
    {
        _driver.Fail(function, code: 2);
        using var device = Open();
        var act = () => device.Prepare(ElementType.BFloat16, splitProducts: false);
        act.Should().Throw<InvalidOperationException>();

        act.Should().NotThrow("the driver fails once");
    }

    [SkippableTheory]
    [InlineData("cuCtxSynchronize")]
    [InlineData("cuModuleUnload")]
    public void Dispose_AfterTheDeviceFailed_ThrowsNothing(string function)
    {
        var device = Open();
        device.Prepare(ElementType.Float32, splitProducts: false);
        _driver.Fail(function);

        device.Dispose();

        _driver.PushedContexts.Should().Be(0);
    }

    private static ReadOnlySpan<KernelArgument> Arguments => new KernelArgument[12];

    private CudaDevice Open(int ordinal = 3) =>
        new(
        new CudaDriver(_driver.File), new KernelCompiler(new Nvrtc(_nvrtc.File), new KernelCache(null)), () => _cublas.File, ordinal);
}
