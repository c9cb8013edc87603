using System.Runtime.InteropServices;
using Clamp.Losses.Packing.Cuda.Driver;

namespace Clamp.Losses.Tests.Packing.Cuda.Driver;

public sealed class CudaLibrariesTests : IDisposable
{
    private const string Compiler = "libnvrtc*.so*";

    private readonly string _folder = Directory.CreateTempSubdirectory("clamp-torch-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    public void Nvrtc_InTorchsFolder_IsFoundAmongItsCompanionsAndFindsThem()
    {
        const string NameInside = "libclamp-fake-builtins.so.1";
        Skip.If(OperatingSystem.IsWindows(), "The names are those on Linux.");
        var path = Write("libnvrtc-b51b459d.so.12", FakeLibrary.Build("FakeNvrtc.c"));
        Write("libnvrtc.alt.so.12", FakeLibrary.Build("FakeNvrtc.c"));
        Write("libnvrtc-builtins.so.12.8", FakeLibrary.Build("FakeCublas.c", $"-Wl,-soname,{NameInside}"));
        NativeLibrary.TryLoad(NameInside, out _).Should().BeFalse();

        var found = CudaLibraries.Nvrtc([_folder]);

        found.Path.Should().Be(path);
        NativeLibrary.TryLoad(NameInside, out _).Should().BeTrue("NVRTC looks for its companion by the name inside it, once it compiles");
    }

    [SkippableFact]
    public void Cublas_InTorchsFolder_IsFoundAmongItsCompanionsAndFindsThem()
    {
        const string NameInside = "libclamp-fake-cublaslt.so.1";
        Skip.If(OperatingSystem.IsWindows(), "The names are those on Linux.");
        var path = Write("libcublas.so.12", FakeLibrary.Build("FakeCublas.c"));
        Write("libcublasLt.so.12", FakeLibrary.Build("FakeCublas.c", $"-Wl,-soname,{NameInside}"));

        var found = CudaLibraries.Cublas([_folder]);

        found.Path.Should().Be(path);
        NativeLibrary.TryLoad(NameInside, out _).Should().BeTrue("cuBLAS needs its companion by the name inside it");
    }

    [Fact]
    public void In_SeveralVersions_GivesTheNewestFirst()
    {
        var (older, newer) = (Write("libnvrtc.so.11.2", []), Write("libnvrtc.so.12", []));

        CudaLibraries.In(_folder, Compiler).Should().Equal(newer, older);
    }

    [Fact]
    public void In_NoFolder_GivesThePatternForTheMessage() =>
        CudaLibraries.In("nowhere", Compiler).Should().Equal(Path.Combine("nowhere", Compiler));

    private string Write(string name, byte[] content)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }
}
