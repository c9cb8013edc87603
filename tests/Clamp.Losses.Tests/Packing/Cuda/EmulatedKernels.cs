using System.ComponentModel;
using System.Diagnostics;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Packing.Cuda;

/// <summary>
/// The CUDA kernels for the CPU: the very sources that the library embeds, compiled by g++ with its address and undefined-behaviour
/// sanitizers, once for each element type.
/// </summary>
public sealed class EmulatedKernels : IDisposable
{
    private static readonly Lazy<bool> CompilerIsThere = new(() => Run("g++", "--version") is not null);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("clamp-kernels-");
    private readonly Dictionary<ScalarType, string> _programs = [];

    /// <summary>Skips the test where nothing can compile them.</summary>
    public static void SkipWithoutCompiler() => Skip.IfNot(CompilerIsThere.Value, "g++, which compiles the kernels for the CPU, is not there.");

    /// <summary>Runs one case.</summary>
    /// <param name="emulatedCase">What to compute.</param>
    internal EmulatedResult Run(EmulatedCase emulatedCase)
    {
        SkipWithoutCompiler();
        var (input, output) = (Path.Combine(_folder.FullName, "input"), Path.Combine(_folder.FullName, "output"));
        File.WriteAllBytes(input, emulatedCase.Serialize());
        RunAndCheck(ProgramFor(emulatedCase.Storage.dtype), input, output);
        return new EmulatedResult(emulatedCase, File.ReadAllBytes(output));
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);

    private static void RunAndCheck(string command, params string[] arguments)
    {
        var (exitCode, log) = Run(command, arguments)!.Value;
        exitCode.Should().Be(0, "{0} says {1}", command, log);
    }

    private static (int ExitCode, string Log)? Run(string command, params string[] arguments)
    {
        var start = new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };

        // Looking for leaks needs to trace the process, which not every container allows.
        start.Environment["ASAN_OPTIONS"] = "detect_leaks=0";
        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync();
            var log = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output.Result + log);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private string ProgramFor(ScalarType dtype)
    {
        if (!_programs.TryGetValue(dtype, out var program))
        {
            foreach (var (name, source) in KernelSources.All)
            {
                File.WriteAllText(Path.Combine(_folder.FullName, name), source);
            }

            program = Path.Combine(_folder.FullName, $"harness-{dtype}");
            var harness = Path.Combine(AppContext.BaseDirectory, "Packing", "Cuda", "Emulation", "Harness.cpp");
            RunAndCheck(
                "g++", "-std=c++17", "-O1", "-g1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all",
                KernelSources.DefinitionOf(dtype), "-I", _folder.FullName, harness, "-o", program);
            _programs.Add(dtype, program);
        }

        return program;
    }
}
