using Clamp.Losses.Training.Tests;
using Clamp.Losses.Samples.Diagnostics;

namespace Clamp.Losses.Samples.Tests.Diagnostics;

public sealed class ElfVersionsTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    private static string Shim => Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", "libLibTorchSharp.so");

    public void Dispose() => _temporary.Dispose();

    [SkippableFact]
    public void Needs_OfTheShim_HaveTheMarkersVersionWeakAndTheOthersNot()
    {
        Skip.IfNot(File.Exists(Shim), "there is no Linux shim here");

        var needs = ElfVersions.Read(Shim).Needs.Where(need => need.Library == "libstdc++.so.6").ToList();

        needs.Should().Contain(new VersionNeed("libstdc++.so.6", "GLIBCXX_3.4.32", Weak: true));
        needs.Should().Contain(new VersionNeed("libstdc++.so.6", "GLIBCXX_3.4.11", Weak: false));
        needs.Should().OnlyContain(need => need.Weak == (need.Version == "GLIBCXX_3.4.32"));
    }

    [SkippableFact]
    public void Read_OfALibraryCutAnywhere_ThrowsOrReads()
    {
        Skip.IfNot(File.Exists(Shim), "there is no Linux shim here");
        var image = File.ReadAllBytes(Shim);
        var path = _temporary.PathOf("cut.so");

        foreach (var share in new[] { 0.0, 0.00001, 0.01, 0.5, 0.9, 0.999 })
        {
            File.WriteAllBytes(path, image[..(int)(share * image.Length)]);
            FluentActions.Invoking(() => ElfVersions.Read(path)).Should().Throw<InvalidDataException>();
        }
    }

    [Fact]
    public void Read_OfAnotherKindOfFile_SaysSo()
    {
        var path = _temporary.PathOf("text.so");
        File.WriteAllText(path, new string('x', 100));

        FluentActions.Invoking(() => ElfVersions.Read(path)).Should().Throw<InvalidDataException>().WithMessage("*no 64-bit little-endian ELF*");
    }
}
