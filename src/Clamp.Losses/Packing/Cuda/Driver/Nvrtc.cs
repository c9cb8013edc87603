using System.Runtime.InteropServices;
using System.Text;

namespace Clamp.Losses.Packing.Cuda.Driver;

/// <summary>NVRTC, the compiler of CUDA C++ that runs inside the process; version 11.2 or later.</summary>
internal sealed unsafe class Nvrtc
{
    private readonly NativeLibraryFile _library;
    private readonly delegate* unmanaged<int, byte*> _getErrorString;
    private readonly delegate* unmanaged<nint*, byte*, byte*, int, byte**, byte**, int> _createProgram;
    private readonly delegate* unmanaged<nint, int, byte**, int> _compileProgram;
    private readonly delegate* unmanaged<nint*, int> _destroyProgram;

    /// <summary>Binds to a loaded library.</summary>
    /// <param name="library">NVRTC.</param>
    /// <exception cref="InvalidOperationException">It is not NVRTC, or too old.</exception>
    public Nvrtc(NativeLibraryFile library)
    {
        _library = library;
        _getErrorString = (delegate* unmanaged<int, byte*>)library.Function("nvrtcGetErrorString");
        _createProgram = (delegate* unmanaged<nint*, byte*, byte*, int, byte**, byte**, int>)library.Function("nvrtcCreateProgram");
        _compileProgram = (delegate* unmanaged<nint, int, byte**, int>)library.Function("nvrtcCompileProgram");
        _destroyProgram = (delegate* unmanaged<nint*, int>)library.Function("nvrtcDestroyProgram");
        Version = ReadVersion();
        Architectures = ReadArchitectures();
    }

    /// <summary>Such as 11.8.</summary>
    public Version Version { get; }

    /// <summary>The compute capabilities it compiles for, 10 * major + minor, ascending.</summary>
    public IReadOnlyList<int> Architectures { get; }

    /// <summary>Compiles one source.</summary>
    /// <param name="source">CUDA C++.</param>
    /// <param name="options">NVRTC's options.</param>
    /// <param name="machineCode">Whether machine code (a cubin) is wanted, or PTX, which the driver compiles.</param>
    /// <exception cref="InvalidOperationException">The source does not compile; the message holds NVRTC's log.</exception>
    public CompiledKernels Compile(KernelSource source, IReadOnlyList<string> options, bool machineCode)
    {
        var program = Create(source);
        try
        {
            using var arguments = new Utf8Strings(options);
            var result = _compileProgram(program, options.Count, arguments.Pointers);
            var log = Encoding.UTF8.GetString(Read(program, "nvrtcGetProgramLog")).TrimEnd('\0', '\n');
            return result == 0
                ? new CompiledKernels(Read(program, machineCode ? "nvrtcGetCUBIN" : "nvrtcGetPTX"), log)
                : throw Failure("nvrtcCompileProgram", result, $"{source.Name} with {string.Join(' ', options)}: {log}");
        }
        finally
        {
            _ = _destroyProgram(&program);
        }
    }

    private nint Create(KernelSource source)
    {
        using var text = new Utf8Strings([source.Text, source.Name]);
        using var headers = new Utf8Strings([.. source.Headers.Select(header => header.Text)]);
        using var names = new Utf8Strings([.. source.Headers.Select(header => header.Name)]);
        nint program;
        var count = source.Headers.Count;
        Check(_createProgram(&program, text.Pointers[0], text.Pointers[1], count, headers.Pointers, names.Pointers), "nvrtcCreateProgram");
        return program;
    }

    private Version ReadVersion()
    {
        int major, minor;
        Check(((delegate* unmanaged<int*, int*, int>)_library.Function("nvrtcVersion"))(&major, &minor), "nvrtcVersion");
        return new Version(major, minor);
    }

    private int[] ReadArchitectures()
    {
        int count;
        var getCount = (delegate* unmanaged<int*, int>)_library.Function("nvrtcGetNumSupportedArchs");
        Check(getCount(&count), "nvrtcGetNumSupportedArchs");
        var architectures = new int[count];
        fixed (int* first = architectures)
        {
            Check(((delegate* unmanaged<int*, int>)_library.Function("nvrtcGetSupportedArchs"))(first), "nvrtcGetSupportedArchs");
        }

        Array.Sort(architectures);
        return architectures;
    }

    /// <summary>One of the results of a program, which NVRTC gives by a pair of functions, X and XSize.</summary>
    private byte[] Read(nint program, string function)
    {
        nuint size;
        Check(((delegate* unmanaged<nint, nuint*, int>)_library.Function(function + "Size"))(program, &size), function + "Size");
        var result = new byte[size];
        fixed (byte* first = result)
        {
            Check(((delegate* unmanaged<nint, byte*, int>)_library.Function(function))(program, first), function);
        }

        return result;
    }

    private void Check(int result, string function)
    {
        if (result != 0)
        {
            throw Failure(function, result, _library.Path);
        }
    }

    private InvalidOperationException Failure(string function, int result, string what) =>
        new($"{function} failed with {Marshal.PtrToStringUTF8((nint)_getErrorString(result))}: {what}");

    /// <summary>What a source compiles to.</summary>
    /// <param name="Image">A cubin, or PTX with its final zero.</param>
    /// <param name="Log">What the compiler said about it.</param>
    internal sealed record CompiledKernels(byte[] Image, string Log);
}
