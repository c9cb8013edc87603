using System.Diagnostics;

namespace Clamp.Losses.Packing.Cuda.Driver;

/// <summary>The CUDA libraries of this machine; each is looked for anew at every call.</summary>
internal static class CudaLibraries
{
    /// <summary>The driver, which comes with the machine.</summary>
    /// <exception cref="InvalidOperationException">It is missing; the message says where it was looked for.</exception>
    public static NativeLibraryFile Driver() =>
        NativeLibraryFile.FirstOf("The CUDA driver", OperatingSystem.IsWindows() ? ["nvcuda.dll"] : ["libcuda.so.1"]);

    /// <summary>NVRTC: libtorch's own copy, which fits the driver that libtorch runs on, before the system's.</summary>
    /// <exception cref="InvalidOperationException">It is missing; the message says where it was looked for.</exception>
    public static NativeLibraryFile Nvrtc() => Nvrtc(TorchFolders());

    /// <summary>NVRTC, first in some folders.</summary>
    /// <param name="folders">The folders.</param>
    /// <exception cref="InvalidOperationException">It is missing; the message says where it was looked for.</exception>
    public static NativeLibraryFile Nvrtc(IEnumerable<string> folders)
    {
        const string Purpose = "NVRTC, the CUDA compiler,";
        return OperatingSystem.IsWindows()
            ? First(Purpose, folders, "nvrtc64_*.dll", ["nvrtc64_130_0.dll", "nvrtc64_120_0.dll", "nvrtc64_112_0.dll"], "nvrtc-builtins64_*.dll")
            : First(Purpose, folders, "libnvrtc*.so*", ["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "libnvrtc.so"], "libnvrtc-builtins*.so*");
    }

    /// <summary>cuBLAS: libtorch's own copy before the system's.</summary>
    /// <exception cref="InvalidOperationException">It is missing; the message says where it was looked for.</exception>
    public static NativeLibraryFile Cublas() => Cublas(TorchFolders());

    /// <summary>cuBLAS, first in some folders.</summary>
    /// <param name="folders">The folders.</param>
    /// <exception cref="InvalidOperationException">It is missing; the message says where it was looked for.</exception>
    public static NativeLibraryFile Cublas(IEnumerable<string> folders) => OperatingSystem.IsWindows()
        ? First("cuBLAS", folders, "cublas64_*.dll", ["cublas64_13.dll", "cublas64_12.dll", "cublas64_11.dll"], "cublasLt64_*.dll")
        : First("cuBLAS", folders, "libcublas.so*", ["libcublas.so.13", "libcublas.so.12", "libcublas.so.11"], "libcublasLt.so*");

    /// <summary>
    /// The files of one library in one folder, whose names some packages extend by a hash, the newest version first; where there is none,
    /// the pattern, so that a message shows where it was looked for.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="pattern">The library's name.</param>
    public static IEnumerable<string> In(string folder, string pattern)
    {
        var files = Directory.Exists(folder) ? Directory.GetFiles(folder, pattern) : [];
        return files.Where(IsNoCompanion).OrderDescending(StringComparer.Ordinal).DefaultIfEmpty(Path.Combine(folder, pattern));
    }

    private static NativeLibraryFile First(
        string purpose, IEnumerable<string> folders, string pattern, string[] names, string companions) =>
        NativeLibraryFile.FirstOf(purpose, [.. folders.SelectMany(folder => In(folder, pattern)), .. names], companions);

    private static bool IsNoCompanion(string path)
    {
        var name = Path.GetFileName(path);
        return !name.Contains("builtins", StringComparison.Ordinal) && !name.Contains(".alt.", StringComparison.Ordinal);
    }

    private static IEnumerable<string> TorchFolders() =>
        LoadedTorchFolders()
            .Append(AppContext.BaseDirectory)
            .Append(Path.Combine(AppContext.BaseDirectory, "runtimes", OperatingSystem.IsWindows() ? "win-x64" : "linux-x64", "native"))
            .Distinct();

    /// <summary>Where libtorch itself lies, and the cuBLAS that it has loaded, which some packages put elsewhere.</summary>
    private static IEnumerable<string> LoadedTorchFolders()
    {
        using var process = Process.GetCurrentProcess();
        return process.Modules.Cast<ProcessModule>()
            .Where(module => module.ModuleName is "libtorch_cuda.so" or "torch_cuda.dll" || IsCublas(module.ModuleName))
            .Select(module => Path.GetDirectoryName(module.FileName)!)
            .ToList();
    }

    private static bool IsCublas(string name) =>
        name.StartsWith("libcublas.so", StringComparison.Ordinal) || name.StartsWith("cublas64_", StringComparison.OrdinalIgnoreCase);
}
