using System.Diagnostics;

namespace Clamp.Losses.Tests.Build;

/// <summary>Runs the MSBuild task of eng/torchsharp-native-shim.targets, as a build does, on small synthetic libraries.</summary>
public sealed class WeakenElfVersionNeedTests : IDisposable
{
    private const string Version = "GLIBCXX_3.4.32";
    private const byte Weak = 2;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("clamp-elf-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Weaken_NeedForTheVersion_SetsItsWeakFlagAndNothingElse()
    {
        var (image, flags) = SyntheticElf.Needing("GLIBCXX_3.4.30", Version, "GLIBCXX_3.4.9");
        var expected = image.ToArray();
        expected[flags[Version]] |= Weak;

        Weakened(image).Should().Equal(expected);
    }

    [Fact]
    public void Weaken_NeedThatIsWeakAlready_ChangesNothing()
    {
        var (image, flags) = SyntheticElf.Needing(Version);
        image[flags[Version]] |= Weak;

        Weakened(image).Should().Equal(image);
    }

    [Fact]
    public void Weaken_LibraryBuiltForAnOlderSystem_ChangesNothing()
    {
        var (image, _) = SyntheticElf.Needing("GLIBCXX_3.4.30", "GLIBCXX_3.4.9");
        Weakened(image).Should().Equal(image);
    }

    [Fact]
    public void Weaken_FileThatIsNoElf_ChangesNothing()
    {
        byte[] image = [.. Enumerable.Range(0, 200).Select(i => (byte)i)];
        Weakened(image).Should().Equal(image);
    }

    [SkippableFact]
    public void Weaken_DestinationHardLinkedToAnotherFile_LeavesThatFileAlone()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "hard links are made by ln");
        var shared = Path.Combine(_folder.FullName, "shared.so");
        File.WriteAllText(shared, "of the package cache");
        Run("ln", shared, Destination);

        Weakened(SyntheticElf.Needing(Version).Image);

        File.ReadAllText(shared).Should().Be("of the package cache");
    }

    private string Source => Path.Combine(_folder.FullName, "source.so");

    private string Destination => Path.Combine(_folder.FullName, "destination.so");

    private byte[] Weakened(byte[] image)
    {
        File.WriteAllBytes(Source, image);
        var project = Path.Combine(_folder.FullName, "weaken.proj");
        File.WriteAllText(project, $"""
            <Project>
              <Import Project="{Path.Combine(AppContext.BaseDirectory, "eng", "torchsharp-native-shim.targets")}" />
              <Target Name="Weaken">
                <WeakenElfVersionNeed Source="{Source}" Destination="{Destination}" VersionName="{Version}" />
              </Target>
            </Project>
            """);
        Run("dotnet", "msbuild", project, "-t:Weaken", "-nologo", "-nodeReuse:false");
        File.ReadAllBytes(Source).Should().Equal(image, "the source may be the package cache");
        return File.ReadAllBytes(Destination);
    }

    private static void Run(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.Should().Be(0, output);
    }
}
