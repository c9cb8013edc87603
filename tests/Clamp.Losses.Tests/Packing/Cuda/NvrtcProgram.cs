using System.Runtime.InteropServices;
using System.Text;
using Clamp.Losses.Packing.Cuda;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Packing.Cuda;

/// <summary>What NVRTC says about a kernel source compiled for a GPU.</summary>
internal static unsafe class NvrtcProgram
{
    private static readonly string[] FileNames = ["libnvrtc.so.11.2", "libnvrtc.so.12", "libnvrtc.so.13", "nvrtc64_120_0.dll"];

    private static readonly Lazy<nint> Library = new(() =>
        FileNames.Select(name => NativeLibrary.TryLoad(name, out var library) ? library : 0).FirstOrDefault(library => library != 0));

    /// <summary>Skips the test where NVRTC is not installed.</summary>
    public static void SkipWithoutLibrary() =>
        Skip.If(Library.Value == 0, $"NVRTC is not installed: there is none of {string.Join(", ", FileNames)}.");

    /// <summary>Compiles, with the assembler's account of each entry point in the log.</summary>
    /// <param name="name">The source's file name.</param>
    /// <param name="dtype">The embeddings' type.</param>
    /// <param name="architecture">The GPU, such as sm_80.</param>
    /// <returns>The log; it ends in the error code when that is not 0.</returns>
    public static string LogOf(string name, ScalarType dtype, string architecture)
    {
        SkipWithoutLibrary();
        var program = Create(name);
        try
        {
            string[] options =
                ["--std=c++17", $"--gpu-architecture={architecture}", .. KernelSources.DefinitionsFor(dtype), "--ptxas-options=-v"];
            var compile = (delegate* unmanaged[Cdecl]<nint, int, nint*, int>)Function("nvrtcCompileProgram");
            var arguments = options.Select(Marshal.StringToCoTaskMemUTF8).ToArray();
            int error;
            fixed (nint* pointers = arguments)
            {
                error = compile(program, arguments.Length, pointers);
            }

            Array.ForEach(arguments, Marshal.FreeCoTaskMem);
            return LogOf(program) + (error == 0 ? string.Empty : $" error {error}");
        }
        finally
        {
            ((delegate* unmanaged[Cdecl]<nint*, int>)Function("nvrtcDestroyProgram"))(&program);
        }
    }

    private static nint Create(string name)
    {
        var create = (delegate* unmanaged[Cdecl]<nint*, byte*, byte*, int, byte**, byte**, int>)Function("nvrtcCreateProgram");
        nint program;
        using var source = new Utf8Strings([KernelSources.Named(name), name]);
        using var headers = new Utf8Strings([.. KernelSources.Headers.Select(KernelSources.Named)]);
        using var headerNames = new Utf8Strings([.. KernelSources.Headers]);
        create(&program, source.Pointers[0], source.Pointers[1], KernelSources.Headers.Count, headers.Pointers, headerNames.Pointers)
            .Should().Be(0);
        return program;
    }

    private static string LogOf(nint program)
    {
        nuint size;
        ((delegate* unmanaged[Cdecl]<nint, nuint*, int>)Function("nvrtcGetProgramLogSize"))(program, &size).Should().Be(0);
        var log = new byte[(int)size];
        fixed (byte* place = log)
        {
            ((delegate* unmanaged[Cdecl]<nint, byte*, int>)Function("nvrtcGetProgramLog"))(program, place).Should().Be(0);
        }

        return Encoding.UTF8.GetString(log).TrimEnd('\0');
    }

    private static nint Function(string name) => NativeLibrary.GetExport(Library.Value, name);
}
