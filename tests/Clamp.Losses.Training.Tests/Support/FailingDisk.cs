using System.ComponentModel;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Clamp.Losses.Training.Tests;

/// <summary>The system's functions with an fsync that fails, as on a broken disk, while <see cref="Break"/> holds, on its thread alone.</summary>
internal static class FailingDisk
{
    private const string Source = """
        #include <errno.h>
        #include <fcntl.h>
        #include <unistd.h>
        #include <sys/syscall.h>
        static __thread int broken;
        void clamp_break(int value) { broken = value; }
        int fsync(int file) { if (broken) { errno = EIO; return -1; } return (int)syscall(SYS_fsync, file); }
        """;

    private static Action<int>? _switch;

    /// <summary>Breaks the disk until it is disposed.</summary>
    public static IDisposable Break()
    {
        Skip.If(_switch is null, "It takes Linux and a C compiler to build the failing disk.");
        _switch(1);
        return new Repair();
    }

    // The runtime looks for a function once, when it is first called.
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255:The ModuleInitializer attribute should not be used in libraries", Justification = "Tests are no library.")]
    internal static void Install()
    {
        if (!OperatingSystem.IsLinux() || Build() is not { } library)
        {
            return;
        }

        NativeLibrary.SetDllImportResolver(typeof(Disk).Assembly, (name, _, _) => name == "libc" ? library : 0);
        _switch = Marshal.GetDelegateForFunctionPointer<SwitchFunction>(NativeLibrary.GetExport(library, "clamp_break")).Invoke;
    }

    private static nint? Build()
    {
        var folder = Directory.CreateTempSubdirectory("clamp-disk-").FullName;
        try
        {
            var (source, library) = (Path.Combine(folder, "disk.c"), Path.Combine(folder, "disk.so"));
            File.WriteAllText(source, Source);
            using var compiler = Process.Start("cc", ["-shared", "-fPIC", "-o", library, source]);
            compiler.WaitForExit();
            return compiler.ExitCode == 0 ? NativeLibrary.Load(library) : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private sealed class Repair : IDisposable
    {
        public void Dispose() => _switch!(0);
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void SwitchFunction(int broken);
}
