using System.Diagnostics;
using Clamp.Losses.Packing.Cpu;
using Clamp.Losses.Packing.Cuda;
using Clamp.Losses.Packing.Cuda.Driver;
using Clamp.Losses.Tests.Packing.Cuda;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Packing;

/// <summary>Who is chosen for which embeddings; for those on a GPU, whether or not the machine has one.</summary>
public sealed class PackingBackendsTests
{
    private const string NoDriver = "The fused CUDA kernels cannot run. The CUDA driver is missing; looked for libnodriver.so.1.";

    [Theory]
    [InlineData(ClampBackend.Auto, DeviceType.CPU, ScalarType.Float32, ClampBackend.Fused)]
    [InlineData(ClampBackend.Auto, DeviceType.CPU, ScalarType.BFloat16, ClampBackend.Fused)]
    [InlineData(ClampBackend.Auto, DeviceType.CPU, ScalarType.Float64, ClampBackend.Composite)]
    [InlineData(ClampBackend.Fused, DeviceType.CPU, ScalarType.Float64, ClampBackend.Composite)]
    [InlineData(ClampBackend.Fused, DeviceType.CUDA, ScalarType.Float64, ClampBackend.Composite)]
    [InlineData(ClampBackend.Composite, DeviceType.CUDA, ScalarType.Float32, ClampBackend.Composite)]
    [InlineData(ClampBackend.Auto, DeviceType.HIP, ScalarType.Float32, ClampBackend.Composite)]
    public void Choose_WithoutAGpu_FollowsDeviceAndDtype(ClampBackend wanted, DeviceType device, ScalarType dtype, ClampBackend expected)
    {
        var log = new Log();
        var backends = new PackingBackends(new() { Backend = wanted }, WithoutDriver(), log);

        backends.Choose(device, 0, dtype).Should().Be(expected);

        log.Warnings.Should().BeEmpty();
    }

    [Fact]
    public void Choose_AutoWithoutDriver_FallsBackWithOneWarning()
    {
        var log = new Log();
        var backends = new PackingBackends(new() { Backend = ClampBackend.Auto }, WithoutDriver(), log);

        ScalarType[] types = [ScalarType.Float32, ScalarType.Float32, ScalarType.Float16];
        types.Select(dtype => backends.Choose(DeviceType.CUDA, 0, dtype)).Should().AllBeEquivalentTo(ClampBackend.Composite);

        log.Warnings.Should().Equal($"{NoDriver} CLAMP runs on plain torch operations instead.");
    }

    [Fact]
    public void Choose_AutoWithoutDriverAndLogger_WarnsTheTraceOnce()
    {
        using var trace = new StringWriter();
        using var listener = new TextWriterTraceListener(trace);
        Trace.Listeners.Add(listener);
        var backends = new PackingBackends(new() { Backend = ClampBackend.Auto }, WithoutDriver("libtraced.so"), null);

        backends.Choose(DeviceType.CUDA, 0, ScalarType.Float32);
        backends.Choose(DeviceType.CUDA, 0, ScalarType.Float32);
        Trace.Listeners.Remove(listener);

        trace.ToString().Split("libtraced.so").Should().HaveCount(2);
    }

    [Fact]
    public void Choose_FusedWithoutDriver_SaysWhatIsMissingAndWhereItLooked()
    {
        var backends = new PackingBackends(new() { Backend = ClampBackend.Fused }, WithoutDriver(), null);

        var act = () => backends.Choose(DeviceType.CUDA, 0, ScalarType.Float32);

        act.Should().Throw<InvalidOperationException>().WithMessage(NoDriver);
        act.Should().Throw<InvalidOperationException>("it is asked for every time").WithMessage(NoDriver);
    }

    [SkippableFact]
    public void Choose_FusedWithoutNvrtc_SaysSo()
    {
        using var driver = new FakeDriver();
        var backends = new PackingBackends(new() { Backend = ClampBackend.Fused }, Devices(driver.Path, "libnonvrtc.so.12"), null);

        var act = () => backends.Choose(DeviceType.CUDA, 0, ScalarType.Float32);

        act.Should().Throw<InvalidOperationException>().WithMessage("*NVRTC, the CUDA compiler, is missing; looked for libnonvrtc.so.12.");
    }

    [SkippableFact]
    public void Choose_WithoutCublas_FallsBackOrSaysWhereItLooked()
    {
        using var driver = new FakeDriver();
        using var nvrtc = new FakeNvrtc();
        var (log, devices) = (new Log(), Devices(driver.Path, nvrtc.Path));
        var forced = new PackingBackends(new() { Backend = ClampBackend.Fused }, devices, null);

        new PackingBackends(new(), devices, log).Choose(DeviceType.CUDA, 0, ScalarType.Float32).Should().Be(ClampBackend.Composite);
        var act = () => forced.Choose(DeviceType.CUDA, 0, ScalarType.Float32);

        const string Reason = "The fused CUDA kernels cannot run. cuBLAS is missing; looked for libnocublas.so.12.";
        log.Warnings.Should().Equal($"{Reason} CLAMP runs on plain torch operations instead.");
        act.Should().Throw<InvalidOperationException>().WithMessage(Reason);
    }

    [SkippableFact]
    public void Choose_KernelDoesNotCompile_FallsBackAndTellsTheLog()
    {
        using var driver = new FakeDriver();
        using var nvrtc = new FakeNvrtc();
        nvrtc.Fail("nvrtcCompileProgram");
        var log = new Log();
        var backends = new PackingBackends(new() { Backend = ClampBackend.Auto }, Devices(driver.Path, nvrtc.Path), log);

        backends.Choose(DeviceType.CUDA, 0, ScalarType.Float32).Should().Be(ClampBackend.Composite);
        backends.Choose(DeviceType.CUDA, 0, ScalarType.Float32).Should().Be(ClampBackend.Composite);

        log.Warnings.Should().ContainSingle().Which.Should().Contain("line 7: the test wanted an error");
        nvrtc.Compiled.Should().Be(1, "what failed is not tried again at every step");
    }

    [SkippableTheory]
    [InlineData(ClampBackend.Auto)]
    [InlineData(ClampBackend.Fused)]
    public void Choose_EverythingThere_RunsFusedOnEachDevice(ClampBackend wanted)
    {
        using var driver = new FakeDriver();
        using var nvrtc = new FakeNvrtc();
        using var cublas = new FakeCublas();
        var log = new Log();
        var backends = new PackingBackends(new() { Backend = wanted }, Devices(driver.Path, nvrtc.Path, cublas.Path), log);

        backends.Choose(DeviceType.CUDA, 0, ScalarType.BFloat16).Should().Be(ClampBackend.Fused);
        backends.Choose(DeviceType.CUDA, 1, ScalarType.Float32).Should().Be(ClampBackend.Fused);

        log.Warnings.Should().BeEmpty();
        driver.Calls.Where(call => call.StartsWith("cuDevicePrimaryCtxRetain", StringComparison.Ordinal)).Should().HaveCount(2);
    }

    [SkippableFact]
    public void Choose_SecondModule_SharesDeviceAndKernels()
    {
        using var driver = new FakeDriver();
        using var nvrtc = new FakeNvrtc();
        using var cublas = new FakeCublas();
        var devices = Devices(driver.Path, nvrtc.Path, cublas.Path);
        new PackingBackends(new(), devices, null).Choose(DeviceType.CUDA, 0, ScalarType.Float32);
        driver.Forget();

        new PackingBackends(new(), devices, null).Choose(DeviceType.CUDA, 0, ScalarType.Float32).Should().Be(ClampBackend.Fused);

        driver.Calls.Should().BeEmpty();
    }

    [SkippableFact]
    public void Choose_FusedAfterAPassingFault_Works()
    {
        using var driver = new FakeDriver();
        using var nvrtc = new FakeNvrtc();
        using var cublas = new FakeCublas();
        driver.Fail("cuInit", code: 2);
        var backends = new PackingBackends(new() { Backend = ClampBackend.Fused }, Devices(driver.Path, nvrtc.Path, cublas.Path), null);
        var act = () => backends.Choose(DeviceType.CUDA, 0, ScalarType.Float32);
        act.Should().Throw<InvalidOperationException>();

        act.Should().NotThrow("the driver fails once").Which.Should().Be(ClampBackend.Fused);
    }

    public static TheoryData<Exception> AnyFault => new(
        new DllNotFoundException("fault"), new BadImageFormatException("fault"), new IOException("fault"),
        new UnauthorizedAccessException("fault"), new System.ComponentModel.Win32Exception(5, "fault"));

    [Theory, MemberData(nameof(AnyFault))]
    public void Choose_AnyFaultWhileLooking_FallsBackOrIsNamed(Exception fault)
    {
        var log = new Log();
        var devices = new CudaDevices(() => throw fault, () => throw fault, () => throw fault, new KernelCache(null));
        var forced = new PackingBackends(new() { Backend = ClampBackend.Fused }, devices, null);

        new PackingBackends(new(), devices, log).Choose(DeviceType.CUDA, 0, ScalarType.Float32).Should().Be(ClampBackend.Composite);
        var act = () => forced.Choose(DeviceType.CUDA, 0, ScalarType.Float32);

        log.Warnings.Should().Equal("The fused CUDA kernels cannot run. fault CLAMP runs on plain torch operations instead.");
        act.Should().Throw<InvalidOperationException>().WithMessage("The fused CUDA kernels cannot run. fault")
            .WithInnerException<Exception>().Which.Should().BeSameAs(fault);
    }

    [Theory]
    [InlineData(DeviceType.MPS)]
    [InlineData(DeviceType.HIP)]
    public void Choose_FusedWhereThereAreNoKernels_IsRefused(DeviceType device)
    {
        var backends = new PackingBackends(new() { Backend = ClampBackend.Fused }, WithoutDriver(), null);

        var act = () => backends.Choose(device, 0, ScalarType.Float32);

        act.Should().Throw<InvalidOperationException>()
            .WithMessage($"The embeddings lie on {device}; there are fused kernels for CPU and CUDA.");
    }

    [Theory]
    [InlineData(ClampBackend.Auto)]
    [InlineData(ClampBackend.Composite)]
    public void Choose_WithoutFloat64_SaysWhatIsMissing(ClampBackend wanted)
    {
        var backends = new PackingBackends(new() { Backend = wanted }, WithoutDriver(), null);

        var act = () => backends.Choose(DeviceType.MPS, 0, ScalarType.Float32);

        act.Should().Throw<NotSupportedException>().WithMessage("*MPS, which has no float64*move them to the CPU.");
    }

    [SkippableFact]
    public void Kernels_AreThoseOfTheDevice()
    {
        using var driver = new FakeDriver();
        using var nvrtc = new FakeNvrtc();
        using var cublas = new FakeCublas();
        var backends = new PackingBackends(new() { Backend = ClampBackend.Auto }, Devices(driver.Path, nvrtc.Path, cublas.Path), null);

        var onCpu = backends.Kernels(CPU);
        var onGpu = backends.Kernels(new Device(DeviceType.CUDA, 0));

        onCpu.GetType().Namespace.Should().Be(typeof(CpuPackingKernels).Namespace);
        onGpu.Should().BeOfType<CudaPackingKernels>();
    }

    private static CudaDevices WithoutDriver(string driver = "libnodriver.so.1") => Devices(driver, "libnonvrtc.so.12");

    private static CudaDevices Devices(string driver, string nvrtc, string cublas = "libnocublas.so.12") => new(
        () => NativeLibraryFile.FirstOf("The CUDA driver", [driver]),
        () => NativeLibraryFile.FirstOf("NVRTC, the CUDA compiler,", [nvrtc]),
        () => NativeLibraryFile.FirstOf("cuBLAS", [cublas]),
        new KernelCache(null));

    private sealed class Log : ILogger
    {
        public List<string> Warnings { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        void ILogger.Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            logLevel.Should().Be(LogLevel.Warning);
            Warnings.Add(formatter(state, exception));
        }
    }
}
