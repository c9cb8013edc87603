using Clamp.Losses.Packing.Cuda.Driver;

namespace Clamp.Losses.Tests.Packing.Cuda.Driver;

public sealed class NativeLibraryFileTests
{
    [Fact]
    public void FirstOf_NoneThere_SaysWhatIsMissingAndWhereItLooked()
    {
        var act = () => NativeLibraryFile.FirstOf("The part", ["libnowhere.so.7", "libneither.so"]);

        act.Should().Throw<InvalidOperationException>().WithMessage("The part is missing; looked for libnowhere.so.7, libneither.so.");
    }

    [SkippableFact]
    public void FirstOf_SecondIsThere_TakesIt()
    {
        using var fake = new FakeNvrtc();

        NativeLibraryFile.FirstOf("The part", ["libnowhere.so.7", fake.Path]).Path.Should().Be(fake.Path);
    }

    [SkippableFact]
    public void Function_NotThere_SaysTheLibraryIsTooOld()
    {
        using var fake = new FakeNvrtc();

        var act = () => fake.File.Function("nvrtcGetLTOIR");

        act.Should().Throw<InvalidOperationException>().WithMessage($"{fake.Path} is too old: it has no function nvrtcGetLTOIR.");
    }

    [SkippableFact]
    public void NvrtcIn_TorchsFolder_FindsTheCompilerAmongItsCompanions()
    {
        Skip.If(OperatingSystem.IsWindows(), "The names are those on Linux.");
        var folder = Directory.CreateTempSubdirectory("clamp-torch-").FullName;
        foreach (var name in new[] { "libnvrtc-b51b459d.so.12", "libnvrtc-builtins.so.12.8", "libnvrtc.alt.so.12", "libtorch_cuda.so" })
        {
            File.WriteAllText(Path.Combine(folder, name), "");
        }

        var found = NativeLibraryNames.NvrtcIn(folder).ToList();
        Directory.Delete(folder, recursive: true);

        found.Should().Equal(Path.Combine(folder, "libnvrtc-b51b459d.so.12"));
    }

    [Fact]
    public void NvrtcIn_NoFolder_GivesThePatternForTheMessage() =>
        NativeLibraryNames.NvrtcIn("nowhere").Should().ContainSingle().Which.Should().StartWith("nowhere").And.Contain("nvrtc");
}
