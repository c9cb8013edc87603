using System.ComponentModel;
using System.Diagnostics;
using Clamp.Losses.Tests.Support;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Packing.Cuda;

/// <summary>
/// The CUDA kernels for the CPU: the very sources that the library embeds, compiled by g++ with its address and undefined-behaviour
/// sanitizers, once for each element type.
/// </summary>
public class EmulatedKernels : IDisposable
{
    private static readonly Lazy<bool> CompilerIsThere = new(() => Run("g++", ["--version"]) is not null);

    private readonly string _sanitizers;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("clamp-kernels-");
    private readonly Dictionary<ScalarType, string> _programs = [];

    /// <summary>Kernels whose reads and writes are checked.</summary>
    public EmulatedKernels()
        : this("address,undefined")
    {
    }

    /// <summary>Kernels under some of g++'s sanitizers.</summary>
    /// <param name="sanitizers">Which.</param>
    protected EmulatedKernels(string sanitizers) => _sanitizers = sanitizers;

    /// <summary>Skips the test where nothing can compile them, see <see cref="MachineComponent"/>.</summary>
    public static void SkipWithoutCompiler() =>
        MachineComponent.SkipUnless(CompilerIsThere.Value, "g++, which compiles the kernels for the CPU, is not there.");

    /// <summary>Runs one case.</summary>
    /// <param name="emulatedCase">What to compute.</param>
    internal EmulatedResult Run(EmulatedCase emulatedCase)
    {
        var (log, result) = TryRun(emulatedCase);
        result.Should().NotBeNull("the kernels say {0}", log);
        return result!;
    }

    /// <summary>Runs one case that may fail.</summary>
    /// <param name="emulatedCase">What to compute.</param>
    /// <param name="omittedBarrier">A barrier that the kernels do without, as file:line.</param>
    /// <returns>What was reported, and the result, null after a failure.</returns>
    internal (string Log, EmulatedResult? Result) TryRun(EmulatedCase emulatedCase, string? omittedBarrier = null)
    {
        SkipWithoutCompiler();
        var (input, output) = (Path.Combine(_folder.FullName, "input"), Path.Combine(_folder.FullName, "output"));
        File.WriteAllBytes(input, emulatedCase.Serialize());
        var (exitCode, log) = Run(ProgramFor(emulatedCase.Embeddings.dtype), [input, output], omittedBarrier)!.Value;
        return (log, exitCode == 0 ? new EmulatedResult(emulatedCase, File.ReadAllBytes(output)) : null);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _folder.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Compiles a program with the sanitizers.</summary>
    /// <param name="source">Its file.</param>
    /// <param name="options">More for the compiler.</param>
    /// <returns>The program, or null and what the compiler says.</returns>
    private protected (string? Program, string Log) Compile(string source, params string[] options)
    {
        var program = Path.Combine(_folder.FullName, $"{Path.GetFileNameWithoutExtension(source)}-{_programs.Count}");
        string[] common = ["-std=c++17", "-O1", "-g1", $"-fsanitize={_sanitizers}", "-fno-sanitize-recover=all", source, "-o", program];
        var (exitCode, log) = Run("g++", [.. common, .. options])!.Value;
        return (exitCode == 0 ? program : null, log);
    }

    private protected static (int ExitCode, string Log)? Run(string command, string[] arguments, string? omittedBarrier = null)
    {
        var start = new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };

        // Looking for leaks needs to trace the process, which not every container allows.
        start.Environment["ASAN_OPTIONS"] = "detect_leaks=0";
        start.Environment["TSAN_OPTIONS"] = "halt_on_error=1 history_size=0";
        start.Environment["OMITTED_BARRIER"] = omittedBarrier;
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

            var harness = Path.Combine(AppContext.BaseDirectory, "Packing", "Cuda", "Emulation", "Harness.cpp");
            (program, var log) = Compile(harness, [.. KernelSources.DefinitionsFor(dtype), "-I", _folder.FullName]);
            program.Should().NotBeNull("g++ says {0}", log);
            _programs.Add(dtype, program!);
        }

        return program!;
    }
}
