using System.Diagnostics;
using Clamp.Losses.Samples.Commands;

namespace Clamp.Losses.Samples.Tests.Diagnostics;

/// <summary>The doctor as a program of its own, whose natives are taken away or spoilt.</summary>
public sealed class DoctorProcessTests : IDisposable
{
    private const string Shim = "libLibTorchSharp.so";

    // Beside the tests' own output, on the same disk, so that hard links can be made.
    private readonly string _application =
        $"{AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)}-doctor-{Guid.NewGuid():N}";

    public void Dispose()
    {
        if (Directory.Exists(_application))
        {
            Directory.Delete(_application, recursive: true);
        }
    }

    [SkippableTheory]
    [InlineData(Shim)]
    [InlineData("libtorch_cpu.so")]
    public void Doctor_WithoutANative_NamesItAndWhatToDo(string native)
    {
        var natives = LinkApplication();
        File.Delete(Path.Combine(natives, native));

        var (exit, output) = RunDoctor();

        exit.Should().Be(1, output);
        output.Should().Contain($"{native} is in none of").And.Contain("TorchSharp-cpu").And.Contain("Training does not work");
        Directory.GetFiles(_application, native, SearchOption.AllDirectories).Should().BeEmpty("TorchSharp's search is not set off");
    }

    [SkippableFact]
    public void Doctor_WithoutALibraryThatLibtorchNeeds_NamesThatLibrary()
    {
        var natives = LinkApplication();
        var missing = Directory.GetFiles(natives, "libgomp*").Single();
        File.Delete(missing);

        var (exit, output) = RunDoctor();

        exit.Should().Be(1, output);
        output.Should().Contain($"{Path.GetFileName(missing)}: cannot open shared object file");
    }

    [SkippableFact]
    public void Doctor_WithADamagedNative_SaysSo()
    {
        var shim = Path.Combine(LinkApplication(), Shim);
        File.Delete(shim);
        File.WriteAllText(shim, "no library");

        var (exit, output) = RunDoctor();

        exit.Should().Be(1, output);
        output.Should().Contain("does not load").And.Contain("build again");
    }

    /// <summary>The application in a folder of its own, by hard links; returns where its natives are.</summary>
    private string LinkApplication()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "natives have these names on Linux");
        using var copy = Process.Start("cp", ["-rl", AppContext.BaseDirectory, _application])!;
        copy.WaitForExit();
        copy.ExitCode.Should().Be(0);
        return Path.Combine(_application, "runtimes", "linux-x64", "native");
    }

    private (int Exit, string Output) RunDoctor()
    {
        var program = Path.Combine(_application, $"{typeof(CommandLine).Assembly.GetName().Name}.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, "doctor"]) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
