using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Clamp.Losses.Packing.Cuda.Driver;
using Clamp.Losses.Tests.Support;

namespace Clamp.Losses.Tests.Packing.Cuda;

/// <summary>A native library built from a C file of the tests; every instance is a copy with globals of its own.</summary>
internal abstract class FakeLibrary : IDisposable
{
    private static readonly ConcurrentDictionary<string, byte[]> Built = new();

    private readonly nint _handle;

    /// <summary>Builds or copies one.</summary>
    /// <param name="source">Its file.</param>
    /// <param name="options">For the compiler.</param>
    protected FakeLibrary(string source, params string[] options)
    {
        Folder = Directory.CreateTempSubdirectory("clamp-fake-").FullName;
        Path = System.IO.Path.Combine(Folder, System.IO.Path.ChangeExtension(source, ".so"));
        System.IO.File.WriteAllBytes(Path, Build(source, options));
        _handle = NativeLibrary.Load(Path);
    }

    public string Path { get; }

    public NativeLibraryFile File => NativeLibraryFile.FirstOf("The fake", [Path]);

    private string Folder { get; }

    /// <summary>The bytes of a library.</summary>
    /// <param name="source">Its file.</param>
    /// <param name="options">For the compiler.</param>
    public static byte[] Build(string source, params string[] options) =>
        Built.GetOrAdd(string.Join(' ', [source, .. options]), _ => Compile(source, options));

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    protected nint Function(string name) => NativeLibrary.GetExport(_handle, name);

    private static byte[] Compile(string source, string[] options)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "The fake libraries are built on Linux.");
        var library = System.IO.Path.GetTempFileName();
        try
        {
            var path = System.IO.Path.Combine(AppContext.BaseDirectory, "Packing", "Cuda", source);
            var language = source.EndsWith(".c", StringComparison.Ordinal) ? "cc" : "c++";
            using var compiler = Process.Start(language, ["-shared", "-fPIC", "-O1", "-o", library, .. options, path]);
            compiler.WaitForExit();
            compiler.ExitCode.Should().Be(0);
            return System.IO.File.ReadAllBytes(library);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            MachineComponent.SkipUnless(false, "There is no C compiler to build the fake libraries with.");
            throw;
        }
        finally
        {
            System.IO.File.Delete(library);
        }
    }
}
