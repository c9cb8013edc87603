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
}
